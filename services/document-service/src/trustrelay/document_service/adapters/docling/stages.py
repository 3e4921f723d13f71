"""Our stages in docling's pipeline: where OCR looks, what the layout is, how tables are cut.

Docling runs layout before OCR, so the text-based segmentation sits in its layout post-processing slot.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from docling.datamodel.base_models import Cluster, InputFormat, LayoutPrediction, Table, TableStructurePrediction
from docling.datamodel.document import InputDocument
from docling.datamodel.pipeline_options import BaseLayoutOptions, BaseTableStructureOptions
from docling.models.base_layout_model import BaseLayoutModel
from docling.models.base_table_model import BaseTableStructureModel
from docling_core.types.doc.base import BoundingBox, CoordOrigin
from docling_core.types.doc.items.table.table_data import TableCell
from docling_core.types.doc.labels import DocItemLabel

from . import rulings
from .geometry import Box, Word
from .layout import lay_out
from .page_pictures import luminance
from .page_words import words_of
from .tables import TableRegion

# Below this many characters a text layer is taken for noise and the whole page is read by OCR.
MIN_LAYER_CHARS = 20
# A few short lines are judged wrong too easily to turn a page for.
MIN_TURNED_LINES = 5
# Pictures larger than this share of the page may hold text.
MIN_PICTURE_SHARE = 0.03


@dataclass
class PageNotes:
    """What our stages tell each other and the report about the document in work; cleared per document."""

    tables: dict[tuple[int, int], TableRegion] = field(default_factory=dict)
    hidden_text: dict[int, str] = field(default_factory=dict)
    ocr_confidences: list[float] = field(default_factory=list)
    ocr_pages: set[int] = field(default_factory=set)
    # Lines that OCR saw, and how many of them stood on their head.
    lines_seen: int = 0
    lines_turned: int = 0

    @property
    def upside_down(self) -> bool:
        """Whether most lines of a document with enough of them stand on their head."""
        return self.lines_seen >= MIN_TURNED_LINES and self.lines_turned > 0.6 * self.lines_seen

    def clear(self) -> None:
        self.lines_seen = self.lines_turned = 0
        self.tables.clear()
        self.hidden_text.clear()
        self.ocr_confidences.clear()
        self.ocr_pages.clear()


class RuleLayoutOptions(BaseLayoutOptions):
    """Options type that docling asks every layout engine for."""

    kind: ClassVar[str] = "trustrelay_rule_layout"


class RuleTableOptions(BaseTableStructureOptions):
    """Options type that docling asks every table engine for."""

    kind: ClassVar[str] = "trustrelay_rule_table"


class OcrRegions(BaseLayoutModel):
    """Layout slot: proposes the regions that OCR reads, nothing else."""

    requires_layout_postprocessing = False

    def __init__(self) -> None:
        self.options = RuleLayoutOptions()

    @classmethod
    def get_options_type(cls) -> type[BaseLayoutOptions]:
        return RuleLayoutOptions

    def predict_layout(self, conv_res: Any, pages: Sequence[Any]) -> Sequence[LayoutPrediction]:
        return [LayoutPrediction(clusters=self._regions(page)) for page in pages]

    def _regions(self, page: Any) -> list[Cluster]:
        whole = BoundingBox(l=0, t=0, r=page.size.width, b=page.size.height, coord_origin=CoordOrigin.TOPLEFT)
        if sum(len(cell.text.strip()) for cell in page.cells) < MIN_LAYER_CHARS:
            return [Cluster(id=0, label=DocItemLabel.TEXT, bbox=whole)]
        pictures = [b for b in page._backend.get_bitmap_rects() if b.area() > MIN_PICTURE_SHARE * whole.area()]
        return [Cluster(id=i, label=DocItemLabel.PICTURE, bbox=box) for i, box in enumerate(pictures)]


class RuleSegmentation:
    """Layout post-processing slot, after OCR: words to labelled clusters."""

    def __init__(self, notes: PageNotes) -> None:
        self._notes = notes

    def __call__(self, conv_res: Any, page_batch: Iterable[Any]) -> Iterator[Any]:
        for page in page_batch:
            page.predictions.layout = LayoutPrediction(clusters=self._segment(page, conv_res.input))
            yield page

    def _segment(self, page: Any, source: InputDocument) -> list[Cluster]:
        words = words_of(page, lambda: luminance(Path(source.file), page.page_no) if source.format is InputFormat.PDF else None)
        if words.hidden:
            self._notes.hidden_text[page.page_no] = " ".join(word.text for word in words.hidden)
        read = [word.cell.confidence for word in words.visible if word.from_ocr]
        if read:
            self._notes.ocr_confidences += read
            self._notes.ocr_pages.add(page.page_no)
        lines = rulings.from_pixels(page) if words.scanned and words.visible else rulings.from_vectors(page)
        layout = lay_out(words.visible, lines, page.size.width, page.size.height)
        clusters: list[Cluster] = []
        for table in layout.tables:
            self._notes.tables[page.page_no, len(clusters)] = table
            clusters.append(_cluster(len(clusters), DocItemLabel.TABLE, table.box, table.words))
        for block in layout.blocks:
            clusters.append(_cluster(len(clusters), DocItemLabel(block.kind), block.box, block.words))
        return clusters


class RuleTables(BaseTableStructureModel):
    """Table slot: the cells that the segmentation found."""

    def __init__(self, notes: PageNotes) -> None:
        self.enabled = True
        self._notes = notes

    @classmethod
    def get_options_type(cls) -> type[BaseTableStructureOptions]:
        return RuleTableOptions

    def predict_tables(self, conv_res: Any, pages: Sequence[Any]) -> Sequence[TableStructurePrediction]:
        return [self._predict(page) for page in pages]

    def _predict(self, page: Any) -> TableStructurePrediction:
        prediction = TableStructurePrediction()
        for cluster in page.predictions.layout.clusters:
            region = self._notes.tables.get((page.page_no, cluster.id))
            if cluster.label is DocItemLabel.TABLE and region is not None:
                prediction.table_map[cluster.id] = _table(region, cluster, page.page_no)
        return prediction


def _cluster(number: int, label: DocItemLabel, box: Box, words: Sequence[Word]) -> Cluster:
    return Cluster(id=number, label=label, bbox=_bounding(box), cells=[w.cell for w in words], confidence=0.9)


def _table(region: TableRegion, cluster: Cluster, page_no: int) -> Table:
    cells = [
        TableCell(
            text=cell.text,
            bbox=_bounding(cell.box),
            start_row_offset_idx=cell.row,
            end_row_offset_idx=cell.row_end,
            start_col_offset_idx=cell.column,
            end_col_offset_idx=cell.column_end,
            row_span=cell.row_end - cell.row,
            col_span=cell.column_end - cell.column,
            column_header=region.has_header and cell.row == 0,
        )
        for cell in region.cells
    ]
    return Table(
        otsl_seq=[],
        table_cells=cells,
        num_rows=len(region.ys) - 1,
        num_cols=len(region.xs) - 1,
        id=cluster.id,
        page_no=page_no,
        cluster=cluster,
        label=cluster.label,
    )


def _bounding(box: Box) -> BoundingBox:
    return BoundingBox(l=box.l, t=box.t, r=box.r, b=box.b, coord_origin=CoordOrigin.TOPLEFT)
