"""The forms of signing in, with the labels and rules in our words."""

from typing import Any

from allauth.account import forms as allauth
from django.utils.translation import gettext_lazy as _

PASSWORD_RULES = _("At least 10 characters, and none that many others use.")


class LoginForm(allauth.LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _reword(self, remember=_("Stay signed in"))


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
