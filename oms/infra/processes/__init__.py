"""Several programs under one: what ``make run`` keeps running, and the port it serves on."""

from oms.infra.processes.ports import PortTaken, PortUnusable, port_is_free, require_free_port
from oms.infra.processes.supervisor import Child, RestartPolicy, Supervisor

__all__ = [
    "Child",
    "PortTaken",
    "PortUnusable",
    "RestartPolicy",
    "Supervisor",
    "port_is_free",
    "require_free_port",
]
