-- What a node is to do: written in the transaction of its cause (a visit cancelled, a guest's link taken back), sent by
-- whichever control plane the node is connected to. Ids only, and no clinic: a node serves all of them.
create table node_command (
    id blob primary key,
    node blob not null references node (id),
    room blob not null,
    generation integer not null check (generation >= 1),
    kind text not null check (kind in ('end', 'remove')),
    seat blob,
    created_us integer not null,
    check ((kind = 'remove') = (seat is not null))
) strict;
create index node_command_node on node_command (node, created_us);
