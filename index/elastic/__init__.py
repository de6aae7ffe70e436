"""The Elasticsearch adapter, and the only importer of its client. Client 8 speaks to nodes 8 and 9."""

from index.elastic.adapter import ElasticIndex

__all__ = ["ElasticIndex"]
