-- What a node is to do: written in the transaction of its cause (a visit cancelled, a guest's link taken back), sent by
-- whichever control plane the node is connected to. Ids only, and no clinic: a node serves all of them.
create table node_command (
    id uuid primary key,
    node uuid not null references node (id),
    room uuid not null,
    generation bigint not null check (generation >= 1),
    kind text not null check (kind in ('end', 'remove')),
    seat uuid,
    created_us bigint not null,
    check ((kind = 'remove') = (seat is not null))
);
create index node_command_node on node_command (node, created_us);
