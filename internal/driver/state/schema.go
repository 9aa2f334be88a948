package state

// schemaVersion is the number of the tables below. A file with another number
// is made again from the ledger, never changed in place.
const schemaVersion = 6

// The table meta has this shape in every version: it says how far the file is,
// which is compared with the ledger before anything is thrown away.
//
// Times are nanoseconds since 1970. UIDs and hashes are text, so that a person
// can look at the file.
const schema = `
create table meta (
	version integer not null,
	ledger  text    not null, -- the ledger's uid
	offset  integer not null, -- of the last entry that was applied
	hash    text    not null,
	newest  integer not null, -- time of the newest entry
	clean   integer not null  -- 1: closed in order
) strict;

-- the living
create table entity (
	uid     text    primary key,
	noun    text    not null,
	name    text    not null,
	rev     integer not null,
	offset  integer not null, -- of the entry that made it so
	readers integer not null, -- how many; 0 is the whole mesh
	brief   text,             -- the body without what is long; null: nothing is. Before the body, so that reading it does not read that
	body    text    not null
) strict, without rowid;
create unique index entity_name on entity (noun, name);
create index entity_readers on entity (noun, readers); -- they are counted without their bodies

create table reader (uid text not null, reader text not null, primary key (uid, reader)) strict, without rowid;
create table refers (target text not null, uid text not null, primary key (target, uid)) strict, without rowid;
create index refers_uid on refers (uid);

-- what the ledger says, for lists
create table entry (
	offset   integer primary key,
	hash     text not null,
	author   text not null, -- uid
	audience text not null, -- JSON: for each change the readers, [] is the whole mesh; '' without changes
	told     text not null, -- JSON: to whom its events are; '' if to nobody
	at       integer not null,
	op       text not null,
	door     text not null,
	refused  integer not null, -- 1: it is a refusal
	nouns    text not null, -- of what changed or was refused, a space around each
	why      text not null, -- the reason, and what the refusal said
	entry    text not null
) strict;
create table about (uid text not null, offset integer not null, primary key (uid, offset)) strict, without rowid;
create index entry_author on entry (author, offset);
create table named (noun text not null, name text not null, uid text not null, primary key (noun, name, uid)) strict, without rowid;

-- idempotency keys
create table answer (
	author  text    not null,
	op      text    not null,
	key     text    not null,
	offset  integer not null,
	at      integer not null,
	request text    not null,
	answer  text,
	primary key (author, op, key)
) strict, without rowid;
create index answer_at on answer (at);
`
