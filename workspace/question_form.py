"""The form of a question. It only validates; events/questions.py writes."""

from typing import Any

from django import forms

from events import questions
from events.models import Event, Question, QuestionKind, TicketType
from events.series_forms import ask_which_dates

MOST_CHOICES = 100


class QuestionForm(forms.Form):
    label = forms.CharField(max_length=200, label="Question", help_text="As buyers read it, such as “What do you eat?”")
    kind = forms.ChoiceField(choices=QuestionKind.choices, label="Answered with", initial=QuestionKind.TEXT)
    form = forms.ChoiceField(choices=Question.Form.choices, required=False, label="A line of text must be")
    choices = forms.CharField(
        required=False,
        label="Answers to choose from",
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="One in each line, where buyers choose.",
    )
    hint = forms.CharField(max_length=300, required=False, label="Help", help_text="Shown below the question.")
    per_ticket = forms.TypedChoiceField(
        choices=[("yes", "For each ticket"), ("no", "Once for the order")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        label="Asked",
        initial="yes",
    )
    ticket_types = forms.ModelMultipleChoiceField(
        TicketType.objects.none(),
        required=False,
        label="Only for",
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: for all types.",
    )
    required = forms.BooleanField(required=False, label="Must be answered")
    condition = forms.ChoiceField(
        required=False, label="Ask only if", help_text="Another question was answered so. Buyers who answer otherwise are not asked."
    )
    on_badge = forms.BooleanField(required=False, label="Print the answer on the badge")

    def __init__(self, *args: Any, event: Event, question: Question, **kwargs: Any) -> None:
        self.event, self.question = event, question
        self.deciding = self._deciding()
        if question.pk:
            kwargs["initial"] = self._initial()
        super().__init__(*args, **kwargs)
        ask_which_dates(self, event=event)
        self.fields["ticket_types"].queryset = event.ticket_types.filter(archived_at=None)  # type: ignore[attr-defined]
        answers = [(other, answer) for other in self.deciding for answer in other.answers]
        self.fields["condition"].choices = [("", "Always ask")] + [  # type: ignore[attr-defined]
            (f"{other.pk}:{answer}", f"{other.label}: {answer.capitalize() if answer in ('yes', 'no') else answer}")
            for other, answer in answers
        ]

    def _deciding(self) -> list[Question]:
        """Questions that stand before this one and whose answers can be foreseen."""
        rows = list(Question.objects.filter(event=self.event, archived_at=None))
        before = [row for row in rows if self.question.pk is None or (row.position, row.pk) < (self.question.position, self.question.pk)]
        return [row for row in before if row.kind in questions.DECIDING]

    def _initial(self) -> dict[str, Any]:
        row = self.question
        return {
            "label": row.label,
            "kind": row.kind,
            "form": row.form,
            "choices": "\n".join(row.choices),
            "hint": row.hint,
            "per_ticket": "yes" if row.per_ticket else "no",
            "ticket_types": row.ticket_types.all(),
            "required": row.required,
            "condition": f"{row.shown_if_id}:{row.shown_if_answers[0]}" if row.shown_if_id and row.shown_if_answers else "",
            "on_badge": row.on_badge,
        }

    def clean_choices(self) -> list[str]:
        lines = [line.strip()[:100] for line in self.cleaned_data["choices"].splitlines()]
        return list(dict.fromkeys(line for line in lines if line))

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        choices = cleaned.get("choices") or []
        if cleaned.get("kind") in questions.CHOOSING and not 2 <= len(choices) <= MOST_CHOICES and "choices" not in self.errors:
            self.add_error("choices", f"Give two answers at least and {MOST_CHOICES} at most, one in each line.")
        number, _, answer = (cleaned.get("condition") or "").partition(":")
        cleaned["shown_if"] = next((row for row in self.deciding if str(row.pk) == number), None)
        cleaned["shown_if_answers"] = [answer] if cleaned["shown_if"] else []
        if cleaned["shown_if"] and cleaned["shown_if"].per_ticket and cleaned.get("per_ticket") is False:
            self.add_error("condition", "A question that is asked once can't wait for an answer of a single ticket.")
        return cleaned

    def fields_for_verb(self) -> dict[str, Any]:
        kept = ("label", "kind", "form", "choices", "hint", "per_ticket", "required", "shown_if", "shown_if_answers", "on_badge")
        return {name: self.cleaned_data[name] for name in kept}
