"""The papers of this world: what registries hand out and what customers upload."""
