package measure

// schemaVersion is the number of the tables below. A file with another number
// is put aside, and counting starts anew.
const schemaVersion = 1

// Hours are counted since 1970, times are milliseconds since then. Counts point
// to parties and ways by small numbers: there are millions of them.
const schema = `
create table meta (
	version  integer not null,
	since    integer not null, -- nothing before was counted, or it was dropped
	flushed  integer not null, -- the last time that counts came
	every    integer not null, -- milliseconds between two flushes, then
	clean    integer not null, -- 1: closed in order
	folded   integer not null, -- hours before this one were added up to days; it begins a day
	squeezed integer not null  -- in hours before this one, the small were added up as others
) strict;

-- who moves records, and what has them
create table party (
	id   integer primary key,
	uid  text not null unique, -- '' is others
	noun text not null,
	name text not null -- the last that was heard
) strict;

create table way (
	id        integer primary key,
	direction text not null,
	how       text not null,
	library   text not null,
	release   text not null,
	unique (direction, how, library, release)
) strict;

create table counted (
	of      integer not null,
	hour    integer not null,
	who     integer not null,
	way     integer not null,
	records integer not null,
	bytes   integer not null,
	first   integer not null,
	last    integer not null,
	primary key (of, hour, who, way)
) strict, without rowid;
create index counted_who on counted (who, hour);
create index counted_hour on counted (hour);

create table gap (
	began   integer not null,
	ended   integer not null,
	at_most integer not null, -- milliseconds; 0: all of it
	why     text not null
) strict;
`
