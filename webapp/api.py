"""Assembles the apps' routers. Each endpoint gets its permit from the role table here."""

import logging

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Router
from ninja.errors import HttpError, ValidationError
from ninja.operation import Operation, PathView
from ninja.renderers import BaseRenderer
from pydantic_core import to_json

from webapp import logs
from webapp.accounts.api import router as accounts
from webapp.drafts.api import router as drafts
from webapp.drafts.removal_api import router as removal
from webapp.errors import HTTP_STATUS, AppError, BadInput, ErrorCode, ErrorOut, NotFound
from webapp.exchange.api import router as exchange
from webapp.imaging.api import router as imaging
from webapp.imaging.upload_api import router as uploads
from webapp.jobs.api import router as jobs
from webapp.labels.api import router as labels
from webapp.projects.api import router as projects
from webapp.projects.permit import Permit

logger = logging.getLogger(__name__)


class Api(NinjaAPI):
    """django-ninja, with an endpoint's function name as its operation id."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """The name under which `roles.OPERATIONS` lists the endpoint."""
        return operation.view_func.__name__


class AsOnTheSocket(BaseRenderer):
    """JSON as the sockets write it: a label's times read the same whichever way they come."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: object, *, response_status: int) -> bytes:
        """The answer's bytes."""
        del request, response_status
        return to_json(data)


api = Api(
    title="SegMap Web", version="1", docs_url=None, openapi_url=None, renderer=AsOnTheSocket()
)
_views: dict[str, PathView] = {}


def add(router: Router) -> None:
    """Mount an app's router, every endpoint behind its permit.

    Raises:
        LookupError: an endpoint is not in the role table.
    """
    for path, view in list(router.path_operations.items()):
        for operation in view.operations:
            permit = Permit(operation.view_func.__name__)
            operation.auth_param = operation.auth_callbacks = [permit]
        if path in _views:
            # Two apps share an address (GET and POST of edits). Django stops at the first view
            # that fits an address, so that one takes the other's operations.
            _views[path].operations += view.operations
            del router.path_operations[path]
        else:
            _views[path] = view
    api.add_router("", router)


for _router in (accounts, projects, jobs, uploads, imaging, labels, drafts, removal, exchange):
    add(_router)


def answer(error: ErrorOut) -> HttpResponse:
    """An error as every endpoint answers it."""
    return HttpResponse(
        error.model_dump_json(exclude_none=True),
        status=HTTP_STATUS[error.code],
        content_type="application/json",
    )


def nothing_here(request: HttpRequest) -> HttpResponse:
    """The answer at addresses under /api that no app has."""
    del request
    return answer(NotFound("There is nothing at this address.").as_out())


@api.exception_handler(AppError)
def _app_error(request: HttpRequest, error: AppError) -> HttpResponse:
    del request
    return answer(error.as_out())


@api.exception_handler(ValidationError)
def _not_as_expected(request: HttpRequest, error: ValidationError) -> HttpResponse:
    del request
    first = error.errors[0]
    place = ".".join(str(part) for part in first["loc"][2:]) or "the request"
    return answer(BadInput(f"Nothing was changed: {place}: {first['msg']}.").as_out())


@api.exception_handler(Http404)
def _nothing_there(request: HttpRequest, error: Http404) -> HttpResponse:
    del error
    return nothing_here(request)


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    del request
    return answer(BadInput(f"Nothing was changed: {error}.").as_out())


@api.exception_handler(Exception)
def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    route = logs.route_of(request.resolver_match)
    logger.error("%s %s failed", request.method, route, exc_info=error)
    return answer(
        ErrorOut(
            code=ErrorCode.INTERNAL,
            sentence="The server made a mistake; it is in its log. Try again.",
        )
    )
