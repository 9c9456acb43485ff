"""The forms of signing in, with the labels and rules in our words."""

from typing import Any

from allauth.account import forms as allauth
from allauth.mfa.base import forms as allauth_mfa
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from dext_sync.businesses.signup import record_everywhere

PASSWORD_RULES = _("At least 10 characters, and none that many others use.")


class LoginForm(allauth.LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _reword(self, remember=_("Stay signed in"))


class SecondStepForm(allauth_mfa.AuthenticateForm):  # type: ignore[misc]
    """The code of an app, or a recovery code, after the password was right."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["autofocus"] = not self.is_bound

    def clean_code(self) -> str:
        try:
            code: str = super().clean_code()
        except ValidationError as error:
            if error.code == "incorrect_code":  # else nobody has looked at it
                record_everywhere(self.user, "person.second_step_failed")
            raise
        return code


class ReauthenticateForm(allauth.ReauthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _reword(self)


class AddEmailForm(allauth.AddEmailForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _reword(self, email=_("Email address"))


class ChangePasswordForm(allauth.ChangePasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _reword(self, oldpassword=_("Current password"), **NEW_PASSWORD)


class SetPasswordForm(allauth.SetPasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _reword(self, **NEW_PASSWORD)


class ResetPasswordForm(allauth.ResetPasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _reword(self, email=_("Email address"))


class ResetPasswordKeyForm(allauth.ResetPasswordKeyForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _reword(self, **NEW_PASSWORD)


NEW_PASSWORD = {
    "password1": _("New password"),
    "password2": _("New password once more"),
}


def _reword(form: Any, **labels: object) -> None:
    """The label says what belongs in a field; no grey word inside it does."""
    for name, field in form.fields.items():
        field.widget.attrs.pop("placeholder", None)
        field.label = labels.get(name, field.label)
    if "password1" in form.fields:
        form.fields["password1"].help_text = PASSWORD_RULES
