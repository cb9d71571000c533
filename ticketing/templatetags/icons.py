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
    "light": '<path d="M7 2.500h6M7.500 2.500v4L6 9v8.500h8V9l-1.500-2.500v-4M10 11v2.500"/>',
    "turn": '<path d="M4 8a6.500 6.500 0 0 1 11.500-2.500L17 7M17 3v4h-4M16 12a6.500 6.500 0 0 1-11.500 2.500L3 13m0 4v-4h4"/>',
    "keyboard": '<rect x="2" y="5" width="16" height="10" rx="2"/><path d="M5 8.200h.2M8.300 8.200h.2M11.500 8.200h.2M14.800 8.200h.2M6.500 12h7"/>',
    "list": '<path d="M3.500 5h.2M3.500 10h.2M3.500 15h.2M7 5h10M7 10h10M7 15h10"/>',
    "more": '<path d="M3 6h14M3 10h14M3 14h14"/>',
    "network": '<path d="M2.500 8a11 11 0 0 1 15 0M5 11a7.300 7.300 0 0 1 10 0M7.500 14a3.600 3.600 0 0 1 5 0M10 16.800v.2"/>',
    "copy": '<ellipse cx="10" cy="5" rx="6.500" ry="2.500"/><path d="M3.500 5v10c0 1.400 2.900 2.500 6.500 2.500s6.500-1.100 6.500-2.500V5M3.500 10c0 1.400 2.900 2.500 6.500 2.500s6.500-1.100 6.500-2.500"/>',
    "upload": '<path d="M10 13V3M6 7l4-4 4 4M4 17h12"/>',
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
