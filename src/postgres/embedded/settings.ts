/** The configuration files of the embedded server: nothing durable, nothing that depends on the machine or the clock. */

export interface Listening {
  readonly socketDirectory: string
  readonly port: number
  /** Also on 127.0.0.1, for tools that cannot use a Unix socket. */
  readonly tcp: boolean
}

const confString = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** postgresql.conf, whole. */
export const serverSettings = ({ socketDirectory, port, tcp }: Listening): string => `
listen_addresses = '${tcp ? '127.0.0.1' : ''}'
port = ${port}
unix_socket_directories = ${confString(socketDirectory)}
unix_socket_permissions = 0700
max_connections = 100
superuser_reserved_connections = 5
password_encryption = 'scram-sha-256'
# The passwords are random and as long as a key, so stretching them buys nothing.
scram_iterations = 1

# Nothing has to survive a crash.
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = '512MB'
checkpoint_timeout = '1d'
shared_buffers = '128MB'
# Shared memory as files of the data directory: a killed server leaves nothing in /dev/shm.
dynamic_shared_memory_type = mmap
max_locks_per_transaction = 1024
io_method = sync
max_logical_replication_workers = 0

# Nothing happens by itself while experiments run; prove vacuums the catalog when it is due.
autovacuum = off
jit = off

# Refused statements are the daily work here: they are answered, not logged.
log_min_messages = fatal
log_min_error_statement = panic
log_checkpoints = off
lc_messages = 'C'
timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'iso, mdy'
intervalstyle = 'postgres'
default_text_search_config = 'pg_catalog.english'
`

/** pg_hba.conf, whole: everyone shows a password, so a role is a boundary even for code that reaches the socket. */
export const hostAccess = `
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
`
