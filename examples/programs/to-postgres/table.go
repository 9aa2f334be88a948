package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// table is the copy.
type table struct {
	db      *pgx.Conn
	name    string
	topic   string
	next    map[int32]int64 // what to read next, by partition
	columns []string        // of those that the fields are in
}

// change is a record: the row of its key from now on, or that there is none.
type change struct {
	partition int32
	offset    int64
	none      bool // the end of a transaction: nothing but a place
	key       string
	fields    []field // none: there is no row any more
	values    []any   // of the fields
}

// prepare makes what is not there yet and finds how far it was read.
func (t *table) prepare(ctx context.Context, again bool) error {
	for _, statement := range []string{
		"CREATE TABLE IF NOT EXISTS weir_offsets (topic text, target text, partition int, next bigint NOT NULL, PRIMARY KEY (topic, target, partition))",
		"CREATE TABLE IF NOT EXISTS " + t.quoted() + " (_key text PRIMARY KEY)",
	} {
		if _, err := t.db.Exec(ctx, statement); err != nil {
			return err
		}
	}
	if again {
		if err := t.empty(ctx); err != nil {
			return err
		}
	}
	t.next = map[int32]int64{}
	rows, err := t.db.Query(ctx, "SELECT partition, next FROM weir_offsets WHERE topic = $1 AND target = $2", t.topic, t.name)
	if err != nil {
		return err
	}
	var partition int32
	var next int64
	_, err = pgx.ForEachRow(rows, []any{&partition, &next}, func() error {
		t.next[partition] = next
		return nil
	})
	return err
}

// empty takes all rows away, and how far it was read, both or neither.
func (t *table) empty(ctx context.Context) error {
	return pgx.BeginFunc(ctx, t.db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "TRUNCATE "+t.quoted()); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "DELETE FROM weir_offsets WHERE topic = $1 AND target = $2", t.topic, t.name)
		return err
	})
}

// write makes changes count, with how far they were read, all or none.
func (t *table) write(ctx context.Context, changes []change) error {
	if len(changes) == 0 {
		return nil
	}
	next := map[int32]int64{}
	err := pgx.BeginFunc(ctx, t.db, func(tx pgx.Tx) error {
		var b pgx.Batch
		for _, c := range changes {
			if err := t.widen(ctx, tx, c.fields); err != nil {
				return err
			}
			next[c.partition] = c.offset + 1
			if c.none {
				continue
			}
			if c.fields == nil {
				b.Queue("DELETE FROM "+t.quoted()+" WHERE _key = $1", c.key)
				continue
			}
			b.Queue(t.upsert(c.fields), append([]any{c.key}, c.values...)...)
		}
		for partition, n := range next {
			b.Queue(`INSERT INTO weir_offsets VALUES ($1, $2, $3, $4)
				ON CONFLICT (topic, target, partition) DO UPDATE SET next = excluded.next`, t.topic, t.name, partition, n)
		}
		return tx.SendBatch(ctx, &b).Close()
	})
	if err != nil {
		t.columns = nil // those of this transaction are not there
		return err
	}
	for partition, n := range next {
		t.next[partition] = n
	}
	return nil
}

// widen adds columns for fields that are new, as when the schema got one more.
func (t *table) widen(ctx context.Context, tx pgx.Tx, fields []field) error {
	for _, f := range fields {
		if slices.Contains(t.columns, f.name) {
			continue
		}
		if _, err := tx.Exec(ctx, fmt.Sprintf("ALTER TABLE %s ADD COLUMN IF NOT EXISTS %s %s", t.quoted(), quoted(f.name), f.kind)); err != nil {
			return err
		}
		t.columns = append(t.columns, f.name)
	}
	return nil
}

// upsert is the statement that makes a record the row of its key.
func (t *table) upsert(fields []field) string {
	names, places, sets := []string{"_key"}, []string{"$1"}, []string{"_key = excluded._key"}
	for i, f := range fields {
		names = append(names, quoted(f.name))
		places = append(places, fmt.Sprintf("$%d", i+2))
		sets = append(sets, quoted(f.name)+" = excluded."+quoted(f.name))
	}
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s) ON CONFLICT (_key) DO UPDATE SET %s",
		t.quoted(), strings.Join(names, ", "), strings.Join(places, ", "), strings.Join(sets, ", "))
}

func (t *table) quoted() string { return quoted(t.name) }

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }
