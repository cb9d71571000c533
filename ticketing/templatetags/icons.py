"""{% icon "ticket" %}: one of the drawn icons, in every template without loading."""

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

DRAWN = {
    "check": '<path d="m4 10.5 4 4 8-9"/>',
    "x": '<path d="m5 5 10 10M15 5 5 15"/>',
    "warning": '<path d="M10 3 2 17h16zM10 8.5v4M10 14.8v.2"/>',
    "clock": '<circle cx="10" cy="10" r="7.5"/><path d="M10 5.5V10l3 2"/>',
    "ticket": '<path d="M2.5 6h15v2.5a1.6 1.6 0 0 0 0 3V14h-15v-2.5a1.6 1.6 0 0 0 0-3z"/>',
    "calendar": '<rect x="3" y="4" width="14" height="13" rx="2"/><path d="M3 8.5h14M7 2v4M13 2v4"/>',
    "pin": '<path d="M10 18s6-5.6 6-10a6 6 0 1 0-12 0c0 4.400 6 10 6 10z"/><circle cx="10" cy="8" r="2"/>',
    "search": '<circle cx="9" cy="9" r="6"/><path d="m13.500 13.500 4 4"/>',
    "download": '<path d="M10 3v10m-4-4 4 4 4-4M4 17h12"/>',
    "mail": '<rect x="2.500" y="4.500" width="15" height="11" rx="2"/><path d="m3 6 7 5 7-5"/>',
    "user": '<circle cx="10" cy="7" r="3.500"/><path d="M3.500 17a6.500 6.500 0 0 1 13 0"/>',
    "lock": '<rect x="4" y="9" width="12" height="8" rx="2"/><path d="M7 9V6.500a3 3 0 0 1 6 0V9"/>',
    "info": '<circle cx="10" cy="10" r="7.5"/><path d="M10 9v5M10 6.200v.2"/>',
}
FRAME = (
    '<svg width="20" height="20" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.75" '
    'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">%s</svg>'
)
ICONS = {name: mark_safe(FRAME % shape) for name, shape in DRAWN.items()}


@register.simple_tag
def icon(name: str) -> SafeString:
    """The icon as SVG, in the text's colour. KeyError for a name that is not drawn."""
    return ICONS[name]
