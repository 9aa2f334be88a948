package api_test

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir/client"
)

// event is one of a stream; a sign of life has no data.
type event struct{ id, name, data string }

// events is a stream that is read event by event.
type events struct {
	t    *testing.T
	res  *http.Response
	in   *bufio.Reader
	stop context.CancelFunc
}

// events asks for the stream of entries. headers are names and values.
func (m *mesh) events(token, query string, headers ...string) *events {
	m.t.Helper()
	ctx, stop := context.WithTimeout(m.t.Context(), 20*time.Second)
	m.t.Cleanup(stop)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.url+"/api/v1/audit/events?"+query, nil)
	must(m.t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	must(m.t, err)
	m.t.Cleanup(func() { res.Body.Close() })
	return &events{m.t, res, bufio.NewReader(res.Body), stop}
}

// next is the next event, or ok false at the end of the stream.
func (s *events) next() (e event, ok bool) {
	s.t.Helper()
	for {
		line, err := s.in.ReadString('\n')
		if err != nil {
			if s.res.Request.Context().Err() != nil {
				s.t.Fatal("the stream is silent")
			}
			return e, false
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			e.data = value
		case "":
			if value == "" && strings.TrimSpace(line) == "" {
				return e, true
			}
		}
	}
}

// entry is the next entry, whatever signs of life come before it.
func (s *events) entry() client.Entry {
	s.t.Helper()
	for {
		e, ok := s.next()
		if !ok || e.name != "" {
			s.t.Fatalf("the stream ended: %+v", e)
		}
		if e.data == "" {
			continue
		}
		var out client.Entry
		must(s.t, json.Unmarshal([]byte(e.data), &out))
		if e.id != strconv.FormatUint(out.Offset, 10) {
			s.t.Fatalf("the event of entry %d has the id %s", out.Offset, e.id)
		}
		return out
	}
}

// upTo are the offsets of the entries up to one that is among them.
func (s *events) upTo(last uint64) []uint64 {
	s.t.Helper()
	var out []uint64
	for {
		e := s.entry()
		if out = append(out, e.Offset); e.Offset >= last {
			s.stop()
			return out
		}
	}
}

// history is a mesh in which several people did several things; not all were
// allowed to.
func history(t *testing.T) *mesh {
	m := newMesh(t)
	ctx := t.Context()
	m.domain("east")
	m.domain("west")
	eva, will := m.person("eva", "east"), m.person("will", "west")
	_, err := eva.CreateProduct(ctx, client.NewProduct{Name: "east.open", Encoding: "json"}, client.Reason("The Board wants it"))
	must(t, err)
	_, err = eva.CreateProduct(ctx, client.NewProduct{Name: "east.shut", Visibility: "domain"})
	must(t, err)
	_, err = eva.CreateStream(ctx, client.NewStream{Name: "east._private.raw"}, client.Reason("first"))
	must(t, err)
	_, err = will.CreateApplication(ctx, client.NewApplication{Name: "west-app", Team: "west"})
	must(t, err)
	_, err = eva.Allow(ctx, "east.open", "west-app")
	must(t, err)
	_, err = will.EditProduct(ctx, "east.open", client.ProductEdit{Description: new("mine")})
	refused(t, err, http.StatusForbidden)
	_, err = will.CreateTeam(ctx, client.NewTeam{Name: "north"})
	refused(t, err, http.StatusForbidden)
	_, err = eva.DeleteProduct(ctx, "east.shut", true)
	must(t, err)
	return m
}

// offsets are those of a list, the oldest first.
func offsets(es []client.Entry, keep func(client.Entry) bool) []uint64 {
	var out []uint64
	for _, e := range slices.Backward(es) {
		if keep(e) {
			out = append(out, e.Offset)
		}
	}
	return out
}

// changed reports whether an entry changed, or refused, a thing of a noun.
func changed(e client.Entry, noun string) bool {
	return e.Refusal != nil && e.Refusal.Noun == noun || slices.ContainsFunc(e.Changes, func(c client.EntryChange) bool { return c.Noun == noun })
}

// TestEntryFilters: each filter keeps exactly what it says, in the list and in
// the stream, and all of them together too.
func TestEntryFilters(t *testing.T) {
	t.Parallel()
	m := history(t)
	all, err := m.admin.Entries(t.Context(), client.EntryFilter{})
	must(t, err)
	middle := all[len(all)/2]
	why := func(e client.Entry) string {
		if e.Refusal != nil {
			return strings.ToLower(e.Why + " " + e.Refusal.Msg)
		}
		return strings.ToLower(e.Why)
	}
	for name, c := range map[string]struct {
		f    client.EntryFilter
		keep func(client.Entry) bool
	}{
		"a person":              {client.EntryFilter{By: "eva"}, func(e client.Entry) bool { return e.Who == "eva" }},
		"a person by noun":      {client.EntryFilter{By: "person/will"}, func(e client.Entry) bool { return e.Who == "will" }},
		"weir itself":           {client.EntryFilter{By: "weir"}, func(e client.Entry) bool { return e.Noun == "mesh" }},
		"a noun":                {client.EntryFilter{Noun: "product"}, func(e client.Entry) bool { return changed(e, "product") }},
		"an operation":          {client.EntryFilter{What: "product.create"}, func(e client.Entry) bool { return e.What == "product.create" }},
		"all of a noun":         {client.EntryFilter{What: "team"}, func(e client.Entry) bool { return strings.HasPrefix(e.What, "team.") }},
		"a door":                {client.EntryFilter{Door: "worker"}, func(e client.Entry) bool { return e.Through.Door == "worker" }},
		"another door":          {client.EntryFilter{Door: "api"}, func(e client.Entry) bool { return e.Through.Door == "api" }},
		"refused":               {client.EntryFilter{Result: "refused"}, func(e client.Entry) bool { return e.Refusal != nil }},
		"done":                  {client.EntryFilter{Result: "done"}, func(e client.Entry) bool { return e.Refusal == nil }},
		"not before":            {client.EntryFilter{Since: middle.At.Format(time.RFC3339Nano)}, func(e client.Entry) bool { return !e.At.Before(middle.At) }},
		"before":                {client.EntryFilter{Until: middle.At.Format(time.RFC3339Nano)}, func(e client.Entry) bool { return e.At.Before(middle.At) }},
		"a reason":              {client.EntryFilter{Why: "the board"}, func(e client.Entry) bool { return strings.Contains(why(e), "the board") }},
		"what a refusal said":   {client.EntryFilter{Why: "may not edit"}, func(e client.Entry) bool { return strings.Contains(why(e), "may not edit") }},
		"a reason that is no %": {client.EntryFilter{Why: "%"}, func(client.Entry) bool { return false }},
		"what one thing was": {client.EntryFilter{About: "stream/east._private.raw"}, func(e client.Entry) bool {
			return changed(e, "stream")
		}},
		"what is gone":           {client.EntryFilter{About: "product/east.shut"}, func(e client.Entry) bool { return strings.Contains(things(e), "east.shut") }},
		"two at once":            {client.EntryFilter{By: "eva", What: "product"}, func(e client.Entry) bool { return e.Who == "eva" && strings.HasPrefix(e.What, "product.") }},
		"nothing that was there": {client.EntryFilter{By: "eva", Result: "refused"}, func(client.Entry) bool { return false }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := offsets(all, c.keep)
			got, err := m.admin.Entries(t.Context(), c.f)
			must(t, err)
			if diff := gocmp.Diff(want, offsets(got, func(client.Entry) bool { return true })); diff != "" {
				t.Errorf("the list: %s", diff)
			}
			if len(want) == 0 {
				return
			}
			if len(want) == len(all) {
				t.Fatal("this narrows nothing")
			}
			one := *m
			one.t = t
			if diff := gocmp.Diff(want, one.events(m.token, c.f.Values().Encode()+"&after=0").upTo(want[len(want)-1])); diff != "" {
				t.Errorf("the stream: %s", diff)
			}
		})
	}
}

// things are the names of all that an entry changed.
func things(e client.Entry) string {
	var out []string
	for _, c := range e.Changes {
		out = append(out, c.Name)
	}
	return strings.Join(out, " ")
}

// TestEntryWords: words that nothing can be found by are refused with what to
// write instead, by the list and by the stream.
func TestEntryWords(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	for query, want := range map[string]struct {
		status int
		says   []string
	}{
		"noun=cake":                       {400, []string{`"cake" is no noun`, "product"}},
		"what=cake":                       {400, []string{`"cake" is no operation`, "product.create"}},
		"what=cake.create":                {400, []string{`"cake.create" is no operation`, "product.create"}},
		"what=product.creat":              {400, []string{`"product.creat" is no operation`, "--what product"}},
		"what=product.":                   {400, []string{`"product." is no operation`}},
		"door=window":                     {400, []string{`"window" is no door`, "api", "worker"}},
		"result=maybe":                    {422, []string{"result", "done", "refused"}},
		"since=yesterday":                 {400, []string{`"yesterday" is no time`, "2h or 7d"}},
		"until=-2h":                       {400, []string{`"-2h" is no time`}},
		"since=2026-11-21T15:00":          {400, []string{"is no time"}},
		"since=9999-01-01T00:00:00Z":      {400, []string{"is no time"}},
		"about=product":                   {400, []string{`"product" names nothing`, "noun/name"}},
		"about=product/no.such":           {404, []string{"there is no product no.such"}},
		"by=nobody":                       {404, []string{"there is no person nobody"}},
		"by=application/":                 {400, []string{"names nothing"}},
		"who=admin":                       {422, []string{"who"}},
		"why=" + strings.Repeat("x", 201): {422, []string{"why", "200"}},
	} {
		for path, more := range map[string]string{"/audit?": "", "/audit/events?": "&after=0"} {
			var p client.Problem
			status, body := m.raw(http.MethodGet, path+query+more, "", &p)
			if status != want.status {
				t.Errorf("%s%s: %d %s, want %d", path, query, status, body, want.status)
			}
			for _, part := range want.says {
				if !strings.Contains(p.Error(), part) {
					t.Errorf("%s%s: %q does not say %q", path, query, p.Error(), part)
				}
			}
		}
	}
	for query, says := range map[string]string{"after=x": "no place", "after=-1": "no place", "after=999999": "there is no entry 999999 yet"} {
		var p client.Problem
		if status, _ := m.raw(http.MethodGet, "/audit/events?"+query, "", &p); status != 400 || !strings.Contains(p.Error(), says) {
			t.Errorf("%s: %d %v", query, status, p.Error())
		}
	}
}

// TestEntriesBeginWhereAsked: behind an offset, behind the last event that was
// received though another is in the address, or with what comes from now on.
func TestEntriesBeginWhereAsked(t *testing.T) {
	t.Parallel()
	m := history(t)
	head := uint64(m.ledger.Head().Offset)
	now := m.events(m.token, "")
	if e, _ := now.next(); e.data != "" || e.id != strconv.FormatUint(head, 10) {
		t.Errorf("a stream from now on begins with %+v, and the newest entry is %d", e, head)
	}
	_, err := m.admin.CreateTeam(t.Context(), client.NewTeam{Name: "later"})
	must(t, err)
	if e := now.entry(); e.Offset != head+1 || e.What != "team.create" {
		t.Errorf("from now on: first %d %s, want %d", e.Offset, e.What, head+1)
	}
	for name, s := range map[string]*events{
		"after":                  m.events(m.token, "after=3"),
		"the last event":         m.events(m.token, "", "Last-Event-ID", "3"),
		"the last event wins":    m.events(m.token, "after=1", "Last-Event-ID", "3"),
		"the last event is told": m.events(m.token, "after=3", "Last-Event-ID", ""),
	} {
		if e := s.entry(); e.Offset != 4 {
			t.Errorf("%s: first %d, want 4", name, e.Offset)
		}
	}
}

// TestEntriesResume: a stream that is broken off after each event, and goes on
// by that event's id, gives every entry once though more are made meanwhile.
func TestEntriesResume(t *testing.T) {
	t.Parallel()
	m := history(t)
	const more = 30
	var making sync.WaitGroup
	making.Go(func() {
		for i := range more {
			if _, err := m.admin.CreateTeam(t.Context(), client.NewTeam{Name: fmt.Sprint("team-", i)}); err != nil {
				t.Error(err)
			}
		}
	})
	defer making.Wait()
	last := uint64(m.ledger.Head().Offset) + more
	for at := uint64(0); at < last; {
		s := m.events(m.token, "after=0", "Last-Event-ID", strconv.FormatUint(at, 10))
		for range 1 + at%3 {
			if at == last {
				break
			}
			e := s.entry()
			if e.Offset != at+1 {
				t.Fatalf("behind %d comes %d", at, e.Offset)
			}
			at = e.Offset
		}
		s.stop()
	}
}

// TestEntriesSayThatTheyLive: a stream that has nothing to tell says so from
// time to time, and with an id that leaves out nothing when one goes on by it.
func TestEntriesSayThatTheyLive(t *testing.T) {
	t.Parallel()
	m := newMeshOf(t, 20*time.Millisecond)
	s := m.events(m.token, "noun=domain")
	first, _ := s.next()
	for range 3 {
		if e, ok := s.next(); !ok || e != first {
			t.Fatalf("a sign of life is %+v, and nothing happened since %+v", e, first)
		}
	}
	_, err := m.admin.CreateTeam(t.Context(), client.NewTeam{Name: "other"})
	must(t, err)
	passed := strconv.FormatUint(uint64(m.ledger.Head().Offset), 10)
	var e event
	for ok := true; e.id != passed; {
		if e, ok = s.next(); !ok || e.data != "" || cmp.Compare(len(e.id), len(first.id)) < 0 {
			t.Fatalf("what is filtered out: %+v", e)
		}
	}
	s.stop()
	_, err = m.admin.CreateDomain(t.Context(), client.NewDomain{Name: "other", Team: "other"})
	must(t, err)
	if got := m.events(m.token, "noun=domain", "Last-Event-ID", e.id).entry(); got.What != "domain.create" {
		t.Errorf("behind the sign of life comes %s", got.What)
	}
}

// TestEntriesEndWithTheToken: whoever may not ask any more is told nothing more,
// at once and with the reason, though nothing was to be sent.
func TestEntriesEndWithTheToken(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	for name, end := range map[string]func() (string, func() error){
		"revoked": func() (string, func() error) {
			tok, err := m.admin.CreateToken(ctx, client.NewToken{Label: "watching"})
			must(t, err)
			return tok.Token, func() error { return m.admin.DeleteToken(ctx, "admin/watching") }
		},
		"the person is gone": func() (string, func() error) {
			m.person("pam")
			return m.tokenOf("pam"), func() error { return m.admin.DeletePerson(ctx, "pam") }
		},
	} {
		token, revoke := end()
		s := m.events(token, "noun=term")
		s.next()
		from := time.Now()
		must(t, revoke())
		e, ok := s.next()
		if !ok || e.name != "end" || !strings.Contains(e.data, `"status":401`) {
			t.Errorf("%s: %+v", name, e)
		}
		if _, ok := s.next(); ok || time.Since(from) > 5*time.Second {
			t.Errorf("%s: it goes on, or ended after %s", name, time.Since(from))
		}
	}
}

// TestEntriesOfEachViewer: the stream shows each viewer what the list shows
// them, and who may know less is shown less.
func TestEntriesOfEachViewer(t *testing.T) {
	t.Parallel()
	m := history(t)
	seen := map[string]int{}
	for _, name := range []string{"eva", "will"} {
		token := m.tokenOf(name)
		list, err := m.as(token).Entries(t.Context(), client.EntryFilter{})
		must(t, err)
		want := offsets(list, func(client.Entry) bool { return true })
		var got []uint64
		for s := m.events(token, "after=0"); len(got) < len(want); {
			e := s.entry()
			got = append(got, e.Offset)
			if text := things(e); name == "will" && (strings.Contains(text, "east.shut") || strings.Contains(text, "_private")) {
				t.Errorf("will is shown %s", text)
			}
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		seen[name] = len(got)
	}
	if all := int(m.ledger.Head().Offset); seen["eva"] >= all || seen["will"] >= seen["eva"] {
		t.Errorf("eva sees %d entries, will %d of %d", seen["eva"], seen["will"], all)
	}
}

// TestARightThatIsGoneShowsNothing: of what is decided behind the end of a
// membership, the open stream of who was a member shows nothing, though both were
// written at once.
func TestARightThatIsGoneShowsNothing(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	m.domain("den")
	ina := m.person("ina", "den")
	mole := m.person("mole")
	token := m.tokenOf("mole")
	for round := range 12 {
		_, err := m.admin.AddMember(ctx, "den", "mole")
		must(t, err)
		s := m.events(token, "")
		s.next()
		var both sync.WaitGroup
		both.Go(func() { must(t, m.admin.RemoveMember(ctx, "den", "mole")) })
		for i := range 4 {
			both.Go(func() {
				must(t, second(ina.CreateStream(ctx, client.NewStream{Name: fmt.Sprintf("den._private.s%d-%d", round, i)})))
			})
		}
		both.Wait()
		must(t, second(mole.CreateToken(ctx, client.NewToken{Label: fmt.Sprint("mark-", round)})))
		for gone := false; ; {
			e := s.entry()
			if e.What == "token.create" {
				break
			}
			if gone && strings.Contains(things(e), "_private") {
				t.Fatalf("round %d: behind the end of the membership: %s", round, things(e))
			}
			gone = gone || e.What == "team.remove"
		}
		s.stop()
	}
}

func second[T any](_ T, err error) error { return err }
