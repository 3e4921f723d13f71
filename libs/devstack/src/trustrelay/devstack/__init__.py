"""The whole product on one machine: real Temporal, Postgres and S3 servers, the sandbox and the five services."""
