"""A cluster on one machine whose primary is killed under load: Patroni, etcd, HAProxy, PgBouncer and two gateways."""
