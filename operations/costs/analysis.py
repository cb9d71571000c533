"""The analysis on paper: the same facts and charts as the pages, printed by WeasyPrint."""

import re
from pathlib import Path

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
    page = str(render_to_string("operations/costs/pdf/analysis.html", facts))
    charts = f"<style>{_style('costs-print-charts')}</style>"
    page = re.sub(r'(<svg class="chart[^>]*>)', lambda svg: svg[1] + charts, page)
    written: bytes = HTML(string=page, url_fetcher=_refuse).write_pdf(stylesheets=[CSS(string=_style("costs-print"))])
    return written


def _style(name: str) -> str:
    return Path(str(finders.find(f"css/{name}.css"))).read_text()


def _refuse(url: str, *args: object, **kwargs: object) -> dict[str, object]:
    raise ValueError(f"The analysis fetches nothing, also not {url}.")
