"""The analysis on paper: the same facts and charts as the pages, printed by WeasyPrint."""

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from operations.costs import show, what_if
from operations.costs.month import Month


def as_pdf(*, month: Month) -> bytes:
    """A4, some five pages. Nothing is fetched: charts are inline, the style sheet is read from static/."""
    from weasyprint import CSS, HTML  # loads a drawing library; no other page of operations needs it

    facts = {
        "month": month,
        "overview": show.overview(month=month),
        "plan": show.plan_page(),
        "scale": show.scale_page(form=what_if.bound_form(query={})),
    }
    page = render_to_string("operations/costs/pdf/analysis.html", facts)
    sheets = [CSS(filename=finders.find(f"css/{name}")) for name in ("costs-print.css",)]
    written: bytes = HTML(string=page, url_fetcher=_refuse).write_pdf(stylesheets=sheets)
    return written


def _refuse(url: str, *args: object, **kwargs: object) -> dict[str, object]:
    raise ValueError(f"The analysis fetches nothing, also not {url}.")
