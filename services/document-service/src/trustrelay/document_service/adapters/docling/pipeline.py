"""Docling's threaded PDF pipeline with our stages: no weights but RapidOCR's, no torch.

Tied to docling-slim 2.142.1: `_init_models` is docling's private hook, because its plugin entry points import torch.
"""

from __future__ import annotations

from typing import Any

import docling.models.stages.ocr.rapid_ocr_model as rapid_ocr
import numpy as np
from docling.datamodel.accelerator_options import AcceleratorDevice
from docling.datamodel.pipeline_options import RapidOcrOptions, ThreadedPdfPipelineOptions
from docling.models.stages.form_field.form_field_model import PdfFormFieldModel
from docling.models.stages.heading_hierarchy.heading_hierarchy_model import HeadingHierarchyModel
from docling.models.stages.page_assemble.page_assemble_model import PageAssembleModel, PageAssembleOptions
from docling.models.stages.page_preprocessing.page_preprocessing_model import (
    PagePreprocessingModel,
    PagePreprocessingOptions,
)
from docling.models.stages.reading_order.readingorder_model import ReadingOrderModel, ReadingOrderOptions
from docling.pipeline.standard_pdf_pipeline import StandardPdfPipeline

from .stages import OcrRegions, PageNotes, RuleSegmentation, RuleTables

PIPELINE_ID = "docling-slim/rules"
# Pictures are read by OCR at this many pixels per point (144 dpi): twice as fast as docling's 3.0, same recall.
OCR_SCALE = 2.0


def _cpu(accelerator_device: str, supported_devices: list[AcceleratorDevice] | None = None) -> str:
    return "cpu"


# Docling's decide_device imports torch even for device="cpu".
vars(rapid_ocr)["decide_device"] = _cpu


def options(threads: int) -> ThreadedPdfPipelineOptions:
    """Pipeline options; `threads` bounds OCR and page parsing."""
    chosen = ThreadedPdfPipelineOptions()
    chosen.do_ocr = True
    chosen.ocr_options = RapidOcrOptions(scale=OCR_SCALE)
    chosen.accelerator_options.device = "cpu"
    chosen.accelerator_options.num_threads = threads
    chosen.heading_hierarchy_options.enabled = True
    chosen.images_scale = 1.0
    chosen.ocr_batch_size = chosen.layout_batch_size = chosen.table_batch_size = 1
    # A stage that waits for a full batch only adds latency here.
    chosen.batch_polling_interval_seconds = 0.05
    return chosen


class RulePdfPipeline(StandardPdfPipeline):
    """StandardPdfPipeline whose layout and table stages are rules."""

    def _init_models(self) -> None:
        chosen = self.pipeline_options
        assert isinstance(chosen.ocr_options, RapidOcrOptions)  # set by options() above
        self.notes = PageNotes()
        self.keep_images = False
        self.keep_backend = False
        self.preprocessing_model = PagePreprocessingModel(options=PagePreprocessingOptions(images_scale=chosen.images_scale))
        self.ocr_model = rapid_ocr.RapidOcrModel(
            enabled=chosen.do_ocr,
            artifacts_path=None,
            options=chosen.ocr_options,
            accelerator_options=chosen.accelerator_options,
        )
        self._count_turned_lines()
        self.layout_model = OcrRegions()
        self.layout_postprocessing_model = RuleSegmentation(self.notes)  # type: ignore[assignment]  # duck-typed slot
        self.form_field_model = PdfFormFieldModel(enabled=False)
        self.table_model = RuleTables(self.notes)
        self.assemble_model = PageAssembleModel(options=PageAssembleOptions())
        self.reading_order_model = ReadingOrderModel(options=ReadingOrderOptions())
        self.heading_hierarchy_model = HeadingHierarchyModel(options=chosen.heading_hierarchy_options)

    def _count_turned_lines(self) -> None:
        """Note what RapidOCR's line classifier finds: it turns each line, docling never learns of it."""
        reader, notes = self.ocr_model.reader, self.notes
        classify = reader.cls_and_rotate

        def counted(lines: Any) -> Any:
            turned, found = classify(lines)
            labels = [label for label, _ in found.cls_res or ()]
            notes.lines_seen += len(labels)
            notes.lines_turned += sum("180" in label for label in labels)
            return turned, found

        reader.cls_and_rotate = counted

    def read_sample(self) -> None:
        """One OCR inference over a small picture with a dark bar, so that all three models run."""
        picture = np.full((96, 320, 3), 255, np.uint8)
        picture[40:56, 40:280:6] = 0
        self.ocr_model.reader(picture)
