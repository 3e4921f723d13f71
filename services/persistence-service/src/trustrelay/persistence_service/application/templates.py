"""Kinds of cases: the product's own and each tenant's."""

from collections.abc import Sequence

from trustrelay.persistence_service.application.ports import Clock, Store, TemplateLibrary, Unit
from trustrelay.persistence_service.domain.objects import tenant_is_usable
from trustrelay.persistence_service.domain.templates import Template
from trustrelay.servicekit.errors import FailedPrecondition, FieldViolation, InvalidArgument, NotFound, PermissionDenied


async def find(library: TemplateLibrary, unit: Unit, template_id: str, version: int = 0) -> Template:
    """One version, 0 = the newest. An id of the product's own never means a tenant's. Raises TEMPLATE_NOT_FOUND."""
    if library.built_in(template_id) is not None:
        found = library.built_in(template_id, version)
    else:
        source = await unit.templates.source(template_id, version)
        found = None if source is None else library.parse(source)
    if found is None:
        raise NotFound("TEMPLATE_NOT_FOUND", "there is no such template")
    return found


async def put_template(store: Store, library: TemplateLibrary, clock: Clock, tenant: str, actor: str, source: str) -> Template:
    """The stored template. Versions are written once and grow; the same text again changes nothing.

    Raises TEMPLATE_INVALID, TEMPLATE_RESERVED, TEMPLATE_VERSION_EXISTS.
    """
    template = library.parse(source)
    if library.built_in(template.template_id) is not None:
        raise PermissionDenied("TEMPLATE_RESERVED", "this id belongs to a template of the product", metadata={"template_id": template.template_id})
    if not tenant_is_usable(tenant):
        raise _at("x-tenant-id", "must be a short identifier of letters, digits, dots, dashes and underscores")
    async with store.unit(tenant) as unit:
        # Whoever comes second finds the first one's row: `add` keeps what is there.
        if await unit.templates.source(template.template_id, template.version) is None:
            await _need_newest(library, unit, template)
            await unit.templates.add(template, actor, clock())
        stored = await unit.templates.source(template.template_id, template.version)
    if stored != source:
        raise FailedPrecondition("TEMPLATE_VERSION_EXISTS", "this version has another text; raise the version", metadata=_named(template))
    return template


async def get_template(store: Store, library: TemplateLibrary, tenant: str, template_id: str, version: int) -> Template:
    """Raises TEMPLATE_NOT_FOUND."""
    async with store.unit(tenant) as unit:
        return await find(library, unit, template_id, version)


async def list_templates(store: Store, library: TemplateLibrary, tenant: str) -> Sequence[Template]:
    """The newest version of each: the product's own first, then the tenant's, in the order of their ids."""
    async with store.unit(tenant) as unit:
        own = [library.parse(source) for source in await unit.templates.newest()]
    return [*library.newest(), *own]


async def _need_newest(library: TemplateLibrary, unit: Unit, template: Template) -> None:
    source = await unit.templates.source(template.template_id, 0)
    if source is not None and (newest := library.parse(source).version) >= template.version:
        raise _at("version", f"must be above {newest}, the newest one that is stored")


def _at(field: str, description: str) -> InvalidArgument:
    return InvalidArgument("TEMPLATE_INVALID", f"{field}: {description}", violations=[FieldViolation(field, description)])


def _named(template: Template) -> dict[str, str]:
    return {"template_id": template.template_id, "version": str(template.version)}
