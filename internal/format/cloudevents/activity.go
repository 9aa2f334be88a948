package cloudevents

import (
	_ "embed" // the schema
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/weirmesh/weir"
)

// ActivitySchema is the JSON Schema of the events that OfEntry gives.
//
//go:embed activity.schema.json
var ActivitySchema string

// Bounds of what one event tells of what changed. What is beyond them is left
// out, and the event says so: the ledger has it.
const (
	MaxChanges = 500       // things
	MaxValue   = 4 << 10   // bytes of one value
	MaxBytes   = 128 << 10 // bytes of all paths and values
)

// Activity is the data of an event of weir.activity.
type Activity struct {
	Ledger    string   `json:"ledger"` // with offset and index: which event this is
	Offset    uint64   `json:"offset"`
	Index     int      `json:"index"` // among the events of the entry
	Operation string   `json:"operation"`
	Who       Thing    `json:"who"`
	Via       string   `json:"via"` // the door
	Why       string   `json:"why,omitempty"`
	Thing     Thing    `json:"thing"`
	Changes   []Change `json:"changes"`
	More      int      `json:"more,omitempty"` // things that changed too and are left out
}

// Thing is an entity of the mesh.
type Thing struct {
	Noun string `json:"noun"`
	Name string `json:"name,omitempty"`
	UID  string `json:"uid,omitempty"`
}

// Change is one thing that changed, and how.
type Change struct {
	Thing
	Revision uint64  `json:"revision"`
	Deleted  bool    `json:"deleted,omitempty"`
	Fields   []Field `json:"fields"`
}

// Field is a field that changed. A secret has no values; nor has what is long,
// which is marked as omitted; as is the path "*", for all that follow.
type Field struct {
	Path    string          `json:"path"`
	Old     json.RawMessage `json:"old,omitempty"`
	New     json.RawMessage `json:"new,omitempty"`
	Secret  bool            `json:"secret,omitempty"`
	Omitted bool            `json:"omitted,omitempty"`
}

// Place is which event of which ledger something is. The order of places of one
// ledger is that of offset and index.
type Place struct {
	Ledger weir.UID
	Offset weir.Offset
	Index  int
}

// ID is the place as an event's id.
func (p Place) ID() string { return fmt.Sprintf("%s/%d/%d", p.Ledger, p.Offset, p.Index) }

// ParseID reads an id that [Place.ID] wrote.
func ParseID(id string) (Place, error) {
	parts := strings.Split(id, "/")
	if len(parts) == 3 {
		u, err1 := weir.ParseUID(parts[0])
		offset, err2 := strconv.ParseUint(parts[1], 10, 64)
		index, err3 := strconv.Atoi(parts[2])
		p := Place{u, weir.Offset(offset), index}
		if err1 == nil && err2 == nil && err3 == nil && offset > 0 && index >= 0 && p.ID() == id {
			return p, nil
		}
	}
	return Place{}, weir.Errorf(weir.Invalid, "%q is no id of an event of weir.activity", id)
}

// Source is the source of a mesh's events: the beginning of the URNs of all
// that is in it. Names of meshes hold only what a URI may.
func Source(mesh string) string { return "weir:" + mesh }

// OfEntry gives the events of an entry, in order: those that it names, and for
// an entry that changed something and names none, one of its operation. A
// refusal has none. What changed is told by exactly one of them. No secret is in
// any, nor from which address and with which token somebody came.
func OfEntry(mesh string, ledger weir.UID, r weir.Record) ([]Event, error) {
	e := r.Entry
	named := e.Events
	if len(named) == 0 && len(e.Changes) > 0 {
		named = []weir.Event{{Type: e.Op, Ref: e.Changes[0].Ref}}
	}
	out := make([]Event, 0, len(named))
	shares := shares(named, e.Changes)
	for i, ev := range named {
		at := Place{ledger, r.Offset, i}
		a := Activity{
			Ledger: ledger.String(), Offset: uint64(r.Offset), Index: i, Operation: e.Op,
			Who: thing(e.By), Via: e.Via.Door, Why: e.Why, Thing: thing(ev.Ref),
		}
		a.tell(shares[i])
		data, err := json.Marshal(a)
		if err != nil {
			return nil, weir.Errorf(weir.Internal, "event %s cannot be written", at.ID()).Because(err)
		}
		out = append(out, Event{
			SpecVersion: SpecVersion, ID: at.ID(), Source: Source(mesh), Type: ev.Type,
			Subject: string(ev.Ref.Noun) + "/" + ev.Ref.Name, Time: e.At, DataContentType: "application/json",
			Sequence: fmt.Sprintf("%020d.%04d", r.Offset, i), Data: data,
		})
	}
	return out, nil
}

// shares gives each change to the first event that is about it, and to the first
// of all if none is.
func shares(events []weir.Event, changes []weir.Change) [][]weir.Change {
	of := make([][]weir.Change, len(events))
	about := map[weir.UID]int{}
	for i := len(events) - 1; i >= 0; i-- {
		about[events[i].Ref.UID] = i
	}
	for _, c := range changes {
		i := about[c.Ref.UID] // 0 if nobody's
		of[i] = append(of[i], c)
	}
	return of
}

func thing(r weir.Ref) Thing {
	t := Thing{Noun: string(r.Noun), Name: r.Name}
	if !r.UID.IsZero() {
		t.UID = r.UID.String()
	}
	return t
}

// tell says what changed, within the bounds.
func (a *Activity) tell(cs []weir.Change) {
	a.Changes = []Change{}
	left := MaxBytes
	for i, c := range cs {
		if i == MaxChanges {
			a.More = len(cs) - i
			return
		}
		ch := Change{Thing: thing(c.Ref), Revision: uint64(c.Rev), Deleted: c.Deleted, Fields: []Field{}}
		for _, d := range c.Diff {
			if left -= len(d.Path); left < 0 {
				ch.Fields = append(ch.Fields, Field{Path: "*", Omitted: true})
				break
			}
			f := field(d, left)
			left -= len(f.Old) + len(f.New)
			ch.Fields = append(ch.Fields, f)
		}
		a.Changes = append(a.Changes, ch)
	}
}

// field tells a field of a diff; its values if there is room and they are no
// secret.
func field(d weir.Diff, room int) Field {
	f := Field{Path: d.Path, Secret: d.Secret}
	size := len(d.Old) + len(d.New)
	switch {
	case d.Secret:
	case size == 0, size > room, len(d.Old) > MaxValue, len(d.New) > MaxValue:
		f.Omitted = true // without a value, it is long: the ledger too says only that it changed
	default:
		f.Old, f.New = d.Old, d.New
	}
	return f
}
