"""Operations are the staff's: for anybody else these pages are not there."""

import functools
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse


def staff_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Http404 for everybody who is not active staff, signed in or not."""

    @functools.wraps(view)
    def permitted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not (request.user.is_active and request.user.is_staff):  # type: ignore[union-attr]
            raise Http404
        return view(request, *args, **kwargs)

    return permitted
