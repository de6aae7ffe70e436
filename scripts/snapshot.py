"""Snapshots of the Elasticsearch index, with the settings of the environment (docs/operations.md).

python scripts/snapshot.py register LOCATION   a folder under path.repo, which every node reaches
python scripts/snapshot.py schedule            every night by the node itself
python scripts/snapshot.py take                one now, for instance before an upgrade
python scripts/snapshot.py list
python scripts/snapshot.py trial               the restore drill: restored beside the index, counted, removed
python scripts/snapshot.py restore             into a node that holds no index of Vigie's
"""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.errors import ConfigError, VigieError
from core.logs import configure
from core.settings import load_settings
from index.elastic import ElasticIndex, snapshots


def main(arguments: list[str]) -> int:
    """Do what the first argument says. Raises VigieError."""
    settings = load_settings()
    if not settings.elasticsearch_url:
        raise ConfigError("VIGIE_ELASTICSEARCH_URL is not set; the embedded index needs no snapshots: vigie reindex builds it from the archive")
    with closing(ElasticIndex(settings)) as index:
        match arguments:
            case ["register", location]:
                snapshots.register(index, {"type": "fs", "settings": {"location": location, "compress": True}})
                print(f"repository {snapshots.REPOSITORY} at {location}, verified")
            case ["schedule"]:
                snapshots.schedule(index)
                print(f"a snapshot at {snapshots.SCHEDULE} (UTC), kept {snapshots.KEPT['expire_after']}")
            case ["take"]:
                print(snapshots.take(index))
            case ["list"]:
                for name, state, indices in snapshots.snapshots(index):
                    print(name, state, ",".join(indices), sep="\t")
            case ["trial"]:
                for name, (restored, now) in snapshots.trial(index).items():
                    print(f"{name}: {restored} documents restored, {'gone' if now is None else now} now")
            case ["restore"]:
                print(f"{snapshots.restore(index)} restored; vigie publish adds what came after it")
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    return 0


if __name__ == "__main__":
    configure()
    try:
        raise SystemExit(main(sys.argv[1:]))
    except VigieError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from error
