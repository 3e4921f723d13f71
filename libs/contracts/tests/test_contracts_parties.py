from trustrelay.contracts.parties import party_id


def test_order_case_and_accents_do_not_matter() -> None:
    """The same person is the same party however a source writes the name."""
    assert party_id("Zoë VAN-DAMME", "PERSON") == party_id("van damme, Zoe", "PERSON")


def test_type_and_name_matter() -> None:
    """A company and a person of one name are two parties."""
    assert party_id("Orlin Vask", "PERSON") != party_id("Orlin Vask", "COMPANY")
    assert party_id("Orlin Vask", "PERSON") != party_id("Orlin Vasko", "PERSON")
