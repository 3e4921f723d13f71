"""One module per group of commands; each has `register(app: typer.Typer) -> None`."""
