from modules.models.profile import ModuleAdoption, Origin, ProfileDocument, ProfileRevision, ProfileSnapshot

__all__ = ["ModuleAdoption", "Origin", "ProfileDocument", "ProfileRevision", "ProfileSnapshot"]
