//! A control plane that runs: real sockets, for nodes; its state is open to browsers of the test.

use std::net::SocketAddr;

use actix_web::{rt, web};
use control_plane::app::State;
use control_plane::seal::Keyring;
use control_plane::server::{Stop, serve};
use control_plane::store::Store;

use super::{Browser, World};

pub(crate) struct Plane {
    pub(crate) address: SocketAddr,
    state: web::Data<State>,
    stop: Stop,
    run: rt::task::JoinHandle<std::io::Result<()>>,
}

impl Plane {
    /// On the world's own connection to its database.
    pub(crate) fn start(world: &World) -> Self {
        let store = &world.store;
        let store = Store {
            db: store.db.clone(),
            keyring: Keyring::new(store.keyring.master().clone()),
            passwords: store.passwords.clone(),
        };
        Self::on(world, store)
    }

    /// On connections and keys of its own: another process, as far as PostgreSQL can tell.
    pub(crate) async fn start_another(world: &World) -> Self {
        Self::on(world, Store::open(&world.config).await.unwrap())
    }

    fn on(world: &World, store: Store) -> Self {
        let server = serve(&world.config, store).unwrap();
        let (address, state, stop) = (server.address, server.state().clone(), server.stop_handle());
        Self { address, state, stop, run: rt::spawn(server.run()) }
    }

    pub(crate) async fn browser(&self) -> Browser {
        Browser::open(self.state.clone()).await
    }

    pub(crate) async fn stopped(self) {
        self.stop.stop().await;
        self.run.await.unwrap().unwrap();
    }
}
