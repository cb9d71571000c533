"""Is everything there that this needs? Each outside part is tried for real, all at once, within ten seconds."""

from operations.doctor.examination import Examined, State, examine

__all__ = ["Examined", "State", "examine"]
