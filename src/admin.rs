//! `bedside admin`: the first clinic and accounts, made where the database is, also while `serve` runs
//! on it.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use control_plane::accounts::password::check_strength;
use control_plane::admin::{
    AdminError, NewClinic, NewPerson, PersonRole, Profession, check_email, check_name, create, create_clinic,
    find_clinic,
};
use control_plane::store::Store;
use control_plane::time::ZoneName;

use crate::serve;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Make an account, and its clinic when it is the first.
    Create(CreateArguments),
}

#[derive(Debug, clap::Args)]
pub(crate) struct CreateArguments {
    /// The control plane's configuration file. Default: what `bedside serve` uses for --data.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Folder of `bedside serve`.
    #[arg(long, default_value = "data", conflicts_with = "config")]
    data: PathBuf,
    /// The clinic's short name in addresses, such as `riverside`.
    #[arg(long)]
    clinic: String,
    /// Makes the clinic, with this name.
    #[arg(long)]
    new_clinic_name: Option<String>,
    /// IANA time zone of the account, and of a new clinic.
    #[arg(long, default_value = "UTC")]
    time_zone: String,
    /// What the account is.
    #[arg(long, value_enum, default_value_t = RoleArgument::Admin)]
    role: RoleArgument,
    /// The person's name.
    #[arg(long)]
    name: String,
    /// The e-mail address to sign in with. The password is asked for, or read from standard input.
    #[arg(long)]
    email: String,
    /// A practitioner's title.
    #[arg(long, default_value = "")]
    title: String,
    /// A practitioner's specialty.
    #[arg(long, default_value = "General practice")]
    specialty: String,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum RoleArgument {
    Admin,
    Staff,
    Practitioner,
    Patient,
}

/// Monday to Friday, 9 to 17, until the practitioner says otherwise: ISO weekday, from and until in minutes.
const OFFICE_HOURS: [(i64, i64, i64); 5] =
    [(1, 540, 1020), (2, 540, 1020), (3, 540, 1020), (4, 540, 1020), (5, 540, 1020)];
/// A usual visit.
const VISIT_MINUTES: i64 = 20;

pub(crate) fn run(command: Command) -> anyhow::Result<()> {
    let Command::Create(arguments) = command;
    let time_zone = check(&arguments)?;
    let config_file = match &arguments.config {
        Some(file) => file.clone(),
        None => serve::control_plane_config_of(&arguments.data)?,
    };
    let config = crate::parts::control_plane_config(Some(&config_file))?;
    crate::parts::runtime()?.block_on(async {
        // Before the password is asked for: nobody types one in vain.
        let store = Store::open_beside(&config).await?;
        let clinic_and_account = make(&store, arguments, time_zone).await;
        store.db.close().await;
        clinic_and_account
    })
}

/// What can be told of the arguments without a database.
fn check(arguments: &CreateArguments) -> anyhow::Result<ZoneName> {
    check_name(&arguments.name).context("--name")?;
    check_email(&arguments.email).context("--email")?;
    if let Some(name) = &arguments.new_clinic_name {
        check_name(name).context("--new-clinic-name")?;
    }
    ZoneName::new(&arguments.time_zone).with_context(|| format!("--time-zone {}", arguments.time_zone))
}

async fn make(store: &Store, arguments: CreateArguments, time_zone: ZoneName) -> anyhow::Result<()> {
    if arguments.new_clinic_name.is_none() {
        find_clinic(store, &arguments.clinic)
            .await
            .context("--clinic: --new-clinic-name makes a clinic that does not exist yet")?;
    }
    let password = read_password()?;
    // A clinic without anybody in it would stand in the way of the next try.
    check_strength(&password).context("the password")?;
    let clinic = match arguments.new_clinic_name {
        Some(name) => {
            let new = NewClinic { name, slug: arguments.clinic.clone(), time_zone: time_zone.clone() };
            create_clinic(store, new).await.context("--clinic")?.id
        }
        None => find_clinic(store, &arguments.clinic).await.context("--clinic")?,
    };
    let role = match arguments.role {
        RoleArgument::Admin => PersonRole::Admin,
        RoleArgument::Staff => PersonRole::Staff,
        RoleArgument::Patient => PersonRole::Patient,
        RoleArgument::Practitioner => PersonRole::Practitioner(Profession {
            title: arguments.title,
            specialty: arguments.specialty,
            visit_minutes: VISIT_MINUTES,
            buffer_minutes: 0,
            hours: OFFICE_HOURS.to_vec(),
        }),
    };
    let person = NewPerson {
        clinic,
        role,
        name: arguments.name.into(),
        email: arguments.email.into(),
        password: password.into(),
        time_zone,
        language: "en".to_owned(),
    };
    let created = create(store, person).await.map_err(|error| match error {
        AdminError::Taken => anyhow::Error::from(error).context("--email"),
        error => error.into(),
    })?;
    writeln!(io::stdout(), "account {} is made", created.account)?;
    Ok(())
}

/// Asked for without an echo at a terminal, else the first line of standard input; never an argument, which other
/// users of the machine could read.
fn read_password() -> anyhow::Result<String> {
    if io::stdin().is_terminal() {
        let password = rpassword::prompt_password("Password: ").context("the password cannot be read")?;
        let again = rpassword::prompt_password("Again: ").context("the password cannot be read")?;
        anyhow::ensure!(password == again, "the two passwords differ");
        return Ok(password);
    }
    let mut line = String::new();
    io::stdin().read_line(&mut line).context("the password cannot be read from standard input")?;
    anyhow::ensure!(!line.trim_end().is_empty(), "no password: it is the first line of standard input");
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
