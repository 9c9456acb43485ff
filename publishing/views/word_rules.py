"""Category rules: by words, ordered, tried on past items before they are saved."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from dext_sync.businesses.roles import Need
from publishing import word_rules
from publishing.models import CategoryRule
from publishing.picking import CHOICES, Place, picked_row, plain_words
from publishing.rules import words_of
from publishing.views.fields import place_of
from publishing.views.visible import WorkspaceRequest, connection_of, workspace_view

MOST_SHOWN = 20


class WordRuleForm(forms.Form):
    words = forms.CharField(
        label=gettext_lazy("Words"),
        max_length=200,
        help_text=gettext_lazy("All of them must be there, in any order."),
    )
    searched_in = forms.ChoiceField(
        label=gettext_lazy("Searched in"), choices=CategoryRule.SearchedIn.choices
    )

    def __init__(self, data: Any, *, place: Place) -> None:
        super().__init__(data)
        self.place = place
        self.category: Any = None
        self.category_error = ""

    def clean_words(self) -> str:
        return " ".join(words_of(plain_words(self.cleaned_data["words"])))

    def clean(self) -> dict[str, Any]:
        chosen = plain_words(self.data.get("category", ""))
        typed = plain_words(self.data.get("category_typed", ""))
        try:
            self.category = picked_row(CHOICES["category"](self.place), chosen, typed)
            if self.category is None:
                raise ValidationError(_("Choose the category."))
        except ValidationError as refusal:
            self.category_error = " ".join(refusal.messages)
            self.add_error(None, self.category_error)
        return self.cleaned_data


@workspace_view(Need.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: WorkspaceRequest) -> HttpResponse:
    """The rules in their order; a new one is tried first, then saved."""
    place = place_of(request, connection_of(request))
    form = WordRuleForm(request.POST or None, place=place)
    if request.method != "POST" or not form.is_valid():
        return _page(request, form)
    if "save" not in request.POST:
        return _page(request, form, tried=_tried(request, form))
    word_rules.add(
        request.business,
        request.workspace,
        form.cleaned_data["words"],
        form.category,
        searched_in=form.cleaned_data["searched_in"],
        by=request.user,
    )
    messages.success(request, _("The rule is saved. It holds for new items."))
    return redirect("category_rules", request.business.slug, request.workspace)


def _tried(request: WorkspaceRequest, form: WordRuleForm) -> word_rules.Tried:
    rule = CategoryRule(
        business=request.business,
        workspace=request.workspace,
        words=form.cleaned_data["words"],
        searched_in=form.cleaned_data["searched_in"],
        category=form.category,
    )
    return word_rules.try_out(rule)


def _page(
    request: WorkspaceRequest,
    form: WordRuleForm,
    tried: word_rules.Tried | None = None,
) -> HttpResponse:
    rules = word_rules.rules_of(request.business, request.workspace)
    return render(
        request,
        "publishing/category_rules.html",
        {
            "form": form,
            "rules": word_rules.with_hiders(rules),
            "tried": tried,
            "shown": tried.changed[:MOST_SHOWN] if tried else (),
        },
        status=422 if form.errors else 200,
    )


@workspace_view(Need.MANAGE)
@require_POST
def change(request: WorkspaceRequest, rule_id: int) -> HttpResponse:
    """Removed, or tried one place earlier."""
    rules = word_rules.rules_of(request.business, request.workspace)
    rule = rules.filter(pk=rule_id).first()
    if rule is None:
        raise Http404
    if request.POST.get("do") == "remove":
        word_rules.remove(rule, by=request.user)
        messages.success(
            request, _("The rule is removed. What it filled in stays as it is.")
        )
    else:
        word_rules.move_up(rule, by=request.user)
    return redirect("category_rules", request.business.slug, request.workspace)
