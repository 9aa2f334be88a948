package state

import (
	"context"
	"encoding/json"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/kit/sqlite"
)

// searchVersion is the number of the tables below and of what stands in them.
// A file with another number is made again.
const searchVersion = 3

// The columns of a document.
const (
	colName = iota
	colField
	colFieldDoc
	colTag
	colTerm
	colOwner
	colDescription
	colDocumentation
	columns
)

// weights are what a word in a column is worth.
var weights = [columns]float64{10, 6, 2.2, 4.5, 4, 3, 2.5, 1}

// What every search needs is read into memory at the start; a body is long, and
// is read for who is shown it.
const searchSchema = `
create table meta (
	version integer not null,
	ledger  text    not null, -- the ledger's uid
	offset  integer not null, -- of the last entry whose effects are in
	hash    text    not null,
	noun    text    not null, -- what is built now: everything of it up to name is in; '' when all is
	name    text    not null
) strict;

create table item (
	id      integer primary key, -- the document's number in segments
	uid     text    not null,
	noun    text    not null,
	name    text    not null,
	readers text    not null, -- JSON; [] is the whole mesh
	facets  text    not null  -- JSON: pairs
) strict;
create table body (id integer primary key, body blob not null) strict;

create table segment (id integer primary key) strict; -- those that are whole
create table piece (id integer primary key, bytes blob not null) strict; -- the segment's id, shifted, and its number
`

// progress is how far the index is.
type progress struct {
	version int
	ledger  string
	at      weir.Offset
	hash    string
	noun    weir.Noun // empty: all is in
	name    string
}

func readProgress(ctx context.Context, c *sqlite.Conn) (progress, error) {
	var p progress
	err := c.Row(ctx, "select version, ledger, offset, hash, noun, name from meta", nil,
		&p.version, &p.ledger, &p.at, &p.hash, &p.noun, &p.name)
	return p, err
}

func writeProgress(ctx context.Context, c *sqlite.Conn, p progress) error {
	_, err := c.Exec(ctx, "update meta set offset = ?, hash = ?, noun = ?, name = ?", int64(p.at), p.hash, string(p.noun), p.name)
	return err
}

// insertDocument puts a document under a number that is free.
func insertDocument(ctx context.Context, c *sqlite.Conn, id int, d *document) error {
	facets := make([][2]string, len(d.facets))
	for i, f := range d.facets {
		facets[i] = [2]string{f.Facet, f.Value}
	}
	facetText, err := json.Marshal(facets)
	if err != nil {
		return err
	}
	if _, err := c.Exec(ctx, "insert into item (id, uid, noun, name, readers, facets) values (?, ?, ?, ?, ?, ?)",
		id, d.ref.UID.String(), string(d.ref.Noun), d.ref.Name, uids(d.readers), string(facetText)); err != nil {
		return err
	}
	_, err = c.Exec(ctx, "insert into body (id, body) values (?, ?)", id, d.pack())
	return err
}

func removeDocument(ctx context.Context, c *sqlite.Conn, id int) error {
	if _, err := c.Exec(ctx, "delete from body where id = ?", id); err != nil {
		return err
	}
	_, err := c.Exec(ctx, "delete from item where id = ?", id)
	return err
}
