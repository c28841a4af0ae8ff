//! The master key's file. What needs a database is in `tests/it/sealing.rs`.

use std::os::unix::fs::PermissionsExt;

use super::*;

#[test]
fn the_master_key_is_made_once_for_its_owner_only_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys/master.key");

    let made = MasterKey::load(&path, true).unwrap();
    let read = MasterKey::load(&path, false).unwrap();

    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let wrapped = made.wrap_signing_key("k1", b"secret").unwrap();
    assert_eq!(read.unwrap_signing_key("k1", &wrapped).unwrap().as_slice(), b"secret");
    assert!(matches!(read.unwrap_signing_key("k2", &wrapped), Err(SealError::WrongMasterKey)));
}

#[test]
fn of_many_that_start_together_all_have_the_one_key_and_none_meets_half_of_it() {
    for _ in 0..50 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let start = std::sync::Barrier::new(8);

        let keys: Vec<MasterKey> = std::thread::scope(|scope| {
            let starts = (0..8).map(|_| {
                scope.spawn(|| {
                    start.wait();
                    MasterKey::load(&path, true).unwrap()
                })
            });
            starts.collect::<Vec<_>>().into_iter().map(|started| started.join().unwrap()).collect()
        });

        let wrapped = keys[0].wrap_signing_key("k1", b"secret").unwrap();
        assert!(keys.iter().all(|key| key.unwrap_signing_key("k1", &wrapped).is_ok()));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }
}

#[test]
fn a_master_key_that_others_can_read_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    MasterKey::load(&path, true).unwrap();

    for mode in [0o640, 0o604, 0o644, 0o660] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();

        let error = MasterKey::load(&path, true).err().unwrap();

        assert!(matches!(error, MasterKeyError::Mode { .. }), "{mode:o}");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
}

#[test]
fn a_lost_master_key_is_never_replaced_by_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");

    let error = MasterKey::load(&path, false).err().unwrap();

    assert!(matches!(error, MasterKeyError::Missing { .. }));
    assert!(!path.exists());
}

#[test]
fn another_file_is_not_taken_for_a_master_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    for text in ["", "bedside-master-key-1 ", "bedside-master-key-1 c2hvcnQ", "-----BEGIN PRIVATE KEY-----"] {
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();

        assert!(matches!(MasterKey::load(&path, true), Err(MasterKeyError::Format { .. })), "{text:?}");
    }
}

#[test]
fn a_foreign_master_key_is_named_as_such() {
    let (ours, theirs) = (MasterKey::ephemeral().unwrap(), MasterKey::ephemeral().unwrap());
    let clinic = protocol::ClinicId::new_v7();
    let wrapped = Keyring::new(ours).new_clinic_key(clinic).unwrap();

    assert!(matches!(Keyring::new(theirs).check(clinic, &wrapped), Err(SealError::WrongMasterKey)));
}
