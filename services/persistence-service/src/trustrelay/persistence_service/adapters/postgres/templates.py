"""Texts of a tenant's own templates."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from trustrelay.persistence_service.adapters.postgres.rows import Repository
from trustrelay.persistence_service.adapters.postgres.tables import templates
from trustrelay.persistence_service.domain.templates import Template


class TemplateRepository(Repository):
    """Implements ports.TenantTemplates."""

    async def source(self, template_id: str, version: int) -> str | None:
        """The text of one version, 0 = the newest."""
        query = select(templates.c.source).where(templates.c.tenant_id == self._tenant, templates.c.template_id == template_id)
        if version:
            query = query.where(templates.c.version == version)
        found: str | None = await self._db.scalar(query.order_by(templates.c.version.desc()).limit(1))
        return found

    async def newest(self) -> Sequence[str]:
        """The newest text of each, in the order of their ids."""
        query = select(templates.c.source).where(templates.c.tenant_id == self._tenant).ext(distinct_on(templates.c.template_id))
        return list(await self._db.scalars(query.order_by(templates.c.template_id, templates.c.version.desc())))

    async def add(self, template: Template, created_by: str, created_at: datetime) -> None:
        """Store the version unless it is there."""
        key = {"template_id": template.template_id, "version": template.version}
        await self._insert_new(templates, {**key, "source": template.source, "created_by": created_by, "created_at": created_at})
