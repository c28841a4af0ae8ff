//! A private PostgreSQL: one server for all test processes of this user, a database for each test.
//!
//! ```text
//! each test process     holds `alive` shared until it ends, however it ends (the kernel lets go)
//! who finds no server   starts it, and a watcher that waits for `alive` exclusively, then stops it
//! ```
//!
//! So the server starts with the first test that needs it and never outlives the last. Its folder in the temporary
//! folder is kept: `initdb` takes a second, starting 0.2 s. It listens on a socket in that folder only.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use control_plane::db::{Address, Db};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;

/// Who owns the server; sees everything.
const OWNER: &str = "owner";
/// Whom the control plane connects as: no superuser, so that row-level security holds for it.
const ROLE: &str = "bedside";

struct Server {
    folder: PathBuf,
    /// Shared lock, held until this process ends.
    _alive: File,
}

static SERVER: OnceLock<Server> = OnceLock::new();

/// A new database with the schema and no rows: its URL for the control plane. A copy of a template, which takes a
/// fifth of the time of creating and migrating.
pub(crate) async fn new_database() -> String {
    let server = SERVER.get_or_init(Server::find_or_start);
    let template = server.template().await;
    let name = format!("t{}", Uuid::new_v4().simple());
    server
        .execute(format!("create database {name} template {template} owner {ROLE} strategy file_copy"))
        .await;
    server.url(ROLE, &name)
}

/// The same database for its server's owner.
pub(crate) fn as_owner(url: &str) -> String {
    url.replace(&format!("//{ROLE}@"), &format!("//{OWNER}@"))
}

/// A program of the installed PostgreSQL, the newest there is.
pub(crate) fn binary(name: &str) -> PathBuf {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .expect("PostgreSQL is installed (Debian: apt install postgresql)")
        .map(|entry| entry.unwrap().path().join("bin").join(name))
        .filter(|program| program.exists())
        .collect();
    versions.sort();
    versions.pop().expect("PostgreSQL is installed with its programs")
}

impl Server {
    fn find_or_start() -> Self {
        let me = std::fs::metadata("/proc/self").unwrap().uid();
        let folder = std::env::temp_dir().join(format!("bedside-tests-postgres-{me}"));
        std::fs::create_dir_all(&folder).unwrap();
        let lock = |name: &str| {
            File::options().create(true).truncate(false).write(true).open(folder.join(name)).unwrap()
        };
        let alive = lock("alive");
        alive.lock_shared().unwrap();
        let starting = lock("starting");
        starting.lock().unwrap();
        let server = Self { folder, _alive: alive };
        if !server.runs() {
            server.start(me);
        }
        server
    }

    /// The name of a database that the program itself has migrated; one per state of the migrations.
    async fn template(&self) -> String {
        let mut hash = DefaultHasher::new();
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(migrations()).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        for file in files {
            std::fs::read(file).unwrap().hash(&mut hash);
        }
        let name = format!("template_{:016x}", hash.finish());
        let making =
            File::options().create(true).truncate(false).write(true).open(self.folder.join("template"));
        let making = making.unwrap();
        making.lock().unwrap();
        let exists = format!("select 1 from pg_database where datname = '{name}'");
        let mut owner = PgConnection::connect(&self.url(OWNER, "postgres")).await.unwrap();
        if sqlx::query(AssertSqlSafe(exists)).fetch_optional(&mut owner).await.unwrap().is_none() {
            // Under a name that a run that ends half-way leaves to be cleaned.
            let unfinished = format!("t{}", Uuid::new_v4().simple());
            self.execute(format!("create database {unfinished} owner {ROLE}")).await;
            let address = Address::Postgres(self.url(ROLE, &unfinished).into());
            Db::open(&address).await.unwrap().close().await;
            self.execute(format!("alter database {unfinished} rename to {name}")).await;
        }
        name
    }

    async fn execute(&self, sql: String) {
        let mut owner = PgConnection::connect(&self.url(OWNER, "postgres")).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut owner).await.unwrap();
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn url(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@localhost/{database}?host={}", self.folder.display())
    }

    fn runs(&self) -> bool {
        self.data().exists() && run(as_server(&binary("pg_ctl")).arg("-D").arg(self.data()).arg("status"))
    }

    fn start(&self, me: u32) {
        if me == 0 {
            // PostgreSQL refuses to run as root.
            chown(&self.folder, Some(postgres_user()), None).unwrap();
        }
        if !self.data().exists() {
            let fresh = self.folder.join("data.new");
            let _ = std::fs::remove_dir_all(&fresh);
            let init = ["-U", OWNER, "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8", "-D"];
            assert!(run(as_server(&binary("initdb")).args(init).arg(&fresh)), "initdb failed");
            std::fs::rename(fresh, self.data()).unwrap();
        }
        // Durability is not what these tests are about, and costs most of their time.
        let options = format!(
            "-k {} -c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=300",
            self.folder.display()
        );
        let start = as_server(&binary("pg_ctl"))
            .args(["-w", "-D"])
            .arg(self.data())
            .arg("-l")
            .arg(self.folder.join("log"))
            .args(["-o", &options, "start"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(start.unwrap().success(), "PostgreSQL did not start: see {}/log", self.folder.display());
        self.watch();
        self.prepare();
    }

    /// Stops the server once no test process is left. In a session of its own: it outlives the process that starts it.
    fn watch(&self) {
        let stop = as_server(&binary("pg_ctl"));
        let mut watcher = Command::new("setsid");
        watcher.args(["--fork", "flock", "--exclusive"]).arg(self.folder.join("alive"));
        watcher.arg(stop.get_program()).args(stop.get_args()).arg("-D").arg(self.data());
        assert!(
            run(watcher.args(["-m", "fast", "stop"])),
            "setsid and flock are installed (Debian: util-linux)"
        );
    }

    /// The control plane's role; and away with what earlier runs left.
    fn prepare(&self) {
        let psql = |sql: &str| {
            let out = Command::new(binary("psql"))
                .arg(self.url(OWNER, "postgres"))
                .args(["-v", "ON_ERROR_STOP=1", "-qAtc", sql])
                .output()
                .unwrap();
            assert!(out.status.success(), "{sql}: {}", String::from_utf8_lossy(&out.stderr));
            String::from_utf8(out.stdout).unwrap()
        };
        if psql(&format!("select 1 from pg_roles where rolname = '{ROLE}'")).is_empty() {
            psql(&format!("create role {ROLE} login"));
        }
        for left in psql("select datname from pg_database where datname ~ '^t[0-9a-f]{32}$'").lines() {
            psql(&format!("drop database {left} with (force)"));
        }
    }
}

/// Seen from this package, or from the root: the whole-system stories use this file, too.
fn migrations() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let at = ["migrations/postgres", "control-plane/migrations/postgres"].map(|folder| package.join(folder));
    at.into_iter().find(|folder| folder.is_dir()).expect("the migrations are in the repository")
}

/// A command that runs as the server's user.
fn as_server(program: &Path) -> Command {
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program).current_dir("/");
    command
}

fn run(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
}

fn postgres_user() -> u32 {
    let out = Command::new("id").args(["-u", "postgres"]).output().unwrap();
    String::from_utf8(out.stdout).unwrap().trim().parse().expect("the user postgres exists")
}
