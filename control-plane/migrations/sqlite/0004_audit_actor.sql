-- Before each answer: what this actor has read lately. A clinic's five minutes are many rows, one actor's are few.
create index audit_actor on audit (clinic, actor, at_us);
