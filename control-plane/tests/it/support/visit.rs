//! A visit that is booked, and a node for it.

use super::{Cast, Node, Plane, World};

/// Its people, and where it is.
pub(crate) struct Visit {
    pub(crate) plane: Plane,
    pub(crate) cast: Cast,
    /// Of the appointment.
    pub(crate) path: String,
}

impl Visit {
    pub(crate) async fn booked(world: &World) -> (Self, Node) {
        let plane = Plane::start(world);
        let mut cast = Cast::at(world, &plane).await;
        let node = Node::connected(world, plane.address).await;
        let path = format!("/api/appointments/{}", cast.booked().await["id"].as_str().unwrap());
        (Self { plane, cast, path }, node)
    }
}
