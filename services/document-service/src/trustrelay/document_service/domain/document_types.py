"""The closed set of document types."""

from __future__ import annotations

from enum import StrEnum


class DocumentType(StrEnum):
    """What a document is; the value is its name on the wire."""

    UNKNOWN = "unknown"
    COMPANY_EXTRACT = "company_extract"
    UBO_REGISTER_EXTRACT = "ubo_register_extract"
    ARTICLES_OF_ASSOCIATION = "articles_of_association"
    PROOF_OF_ADDRESS = "proof_of_address"
    SHAREHOLDER_REGISTER = "shareholder_register"
    ANNUAL_ACCOUNTS = "annual_accounts"
    BANK_STATEMENT = "bank_statement"
    INVOICE = "invoice"
    IDENTITY_DOCUMENT = "identity_document"
    PACKING_LIST = "packing_list"
    CMR = "cmr"
    TRANSIT_DECLARATION = "transit_declaration"
    IMPORT_DECLARATION = "import_declaration"
    CERTIFICATE_OF_ORIGIN = "certificate_of_origin"
