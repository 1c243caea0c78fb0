"""The revisions of the schema, each a file. One that was released is never changed again."""
