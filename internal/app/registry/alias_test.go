package registry_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/app/registry"
)

// topics is a cluster that holds one topic, which is nobody's yet.
type topics struct{}

func (topics) Topics(context.Context) (weir.Topics, error) {
	return weir.Topics{"legacy": {ID: weir.TopicID{7}, Partitions: 1}}, nil
}

func (topics) Spans(context.Context, string) (map[int32]weir.Span, error) {
	return map[int32]weir.Span{0: {Start: 0, End: 1}}, nil
}

// publishes gives the catalogue a cluster, and makes the private stream
// ours._private.clicks.
func (m *mesh) publishes() {
	m.t.Helper()
	m.catalog = catalog.New(catalog.Config{State: m.state, Writer: m.writer, Contracts: m.registry, Cluster: topics{}, Shared: true, Now: time.Now, Home: m.home})
	_, err := m.catalog.CreateStream(context.Background(), m.admin, catalog.NewStream{Name: stream})
	must(m.t, err)
}

const stream = "ours._private.clicks"

func (m *mesh) publish(topic string, v weir.Visibility) error {
	quality, sla := weir.QualityTier("raw"), weir.SLATier("tier-3")
	c := catalog.Publishing{Topic: topic, AcceptTerms: true, NewProduct: catalog.NewProduct{
		Name: "ours.pub", Owner: "admin", Description: "what was there", Encoding: weir.EncodingAvro, Visibility: v, Key: []string{"id"},
		Telling: catalog.Telling{Quality: &quality, SLA: &sla},
	}}
	_, err := m.catalog.Publish(context.Background(), m.admin, c)
	m.shown()
	return err
}

func (m *mesh) takeBack() {
	m.t.Helper()
	_, err := m.catalog.Unpublish(context.Background(), m.admin, "ours.pub")
	must(m.t, err)
	m.shown()
}

const ownValue = "ours.pub.v1-value"

// TestTheProductsNameIsAnotherNameOfTheSubject: everything that can be asked or
// done under the topic's name can be under the product's, with the same outcome,
// and the answer says the name that was asked for. Lists have one.
func TestTheProductsNameIsAnotherNameOfTheSubject(t *testing.T) {
	t.Parallel()
	for topic, before := range map[string]string{stream: "ours", "legacy": ""} {
		m, ctx := newMesh(t), context.Background()
		m.publishes()
		call := m.admin
		if before != "" {
			call = m.member(before)
		}
		kept := topic + "-value"
		one := m.register(call, kept, avro("v", "id"))
		must(t, m.publish(topic, weir.VisibleMesh))
		r, ours := m.registry, m.member("ours")
		for _, reader := range []weir.Principal{ours.By, m.member("theirs").By} {
			got, err := r.Version(ctx, reader, ownValue, registry.Latest, registry.LivingOnly)
			must(t, err)
			want := got
			want.Subject, want.ID, want.Version = ownValue, one.ID, 1
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", topic, diff)
			}
		}
		two := m.register(ours, ownValue, avro("v", "id", "x?"))
		if two.Subject != ownValue || two.Version != 2 {
			t.Errorf("registered as %+v", two)
		}
		if again := m.register(ours, kept, avro("v", "id", "x?")); again.Subject != kept || again.ID != two.ID || again.Version != 2 {
			t.Errorf("the same under the topic's name: %+v", again)
		}
		for _, name := range []string{ownValue, kept} {
			found, err := r.Lookup(ctx, ours.By, registry.Registration{Subject: name, Text: avro("v", "id", "x?")}, registry.LivingOnly)
			if err != nil || found.Subject != name || found.ID != two.ID {
				t.Errorf("lookup in %s: %+v, %v", name, found, err)
			}
			if versions, err := r.Versions(ctx, ours.By, name, registry.Which{}); err != nil || !slices.Equal(versions, []int{1, 2}) {
				t.Errorf("versions of %s: %v, %v", name, versions, err)
			}
			if byID, err := r.ByID(ctx, ours.By, two.ID, name); err != nil || byID.Subject != name {
				t.Errorf("by id in %s: %+v, %v", name, byID, err)
			}
			if v, err := r.Check(ctx, ours.By, registry.Registration{Subject: name, Text: avro("v", "id", "must")}, registry.Latest); err != nil || v.Compatible() {
				t.Errorf("what %s cannot have: %+v, %v", name, v, err)
			}
			for what, err := range map[string]error{
				"incompatible":        errOf(r.Register(ctx, ours, registry.Registration{Subject: name, Text: avro("v", "id", "must")})),
				"without its key":     errOf(r.Register(ctx, ours, registry.Registration{Subject: name, Text: avro("v", "other?")})),
				"in another language": errOf(r.Register(ctx, ours, registry.Registration{Subject: name, Format: weir.FormatJSON, Text: `{"type":"object"}`})),
				"the whole contract":  errOf(r.DeleteSubject(ctx, ours, name, false)),
				"of another domain":   errOf(r.Register(ctx, m.member("theirs"), registry.Registration{Subject: name, Text: avro("v", "id", "y?")})),
			} {
				if err == nil {
					t.Errorf("%s: what is %s goes", name, what)
				}
			}
		}
		_, err := r.SetConfig(ctx, ours, ownValue, weir.SubjectConfig{Compatibility: weir.CompatFull})
		must(t, err)
		if c, err := r.Config(ctx, ours.By, kept, false); err != nil || c.Compatibility != weir.CompatFull {
			t.Errorf("config: %+v, %v", c, err)
		}
		_, err = r.SetMode(ctx, ours, ownValue, weir.ModeReadOnly, false)
		must(t, err)
		if mode, err := r.Mode(ctx, ours.By, kept, false); err != nil || mode != weir.ModeReadOnly {
			t.Errorf("mode: %s, %v", mode, err)
		}
		_, err = r.DeleteMode(ctx, ours, ownValue)
		must(t, err)
		if _, err := r.DeleteVersion(ctx, ours, ownValue, 1, false); err != nil {
			t.Errorf("delete: %v", err)
		}
		if vs, err := r.Versions(ctx, ours.By, kept, registry.Which{}); err != nil || !slices.Equal(vs, []int{2}) {
			t.Errorf("after deleting: %v, %v", vs, err)
		}
		names, err := r.Subjects(ctx, m.admin.By, registry.Which{})
		must(t, err)
		if diff := cmp.Diff([]string{kept}, names); diff != "" {
			t.Errorf("lists: %s", diff)
		}
	}
}

// TestSubjectsGoBackWithTheTopic: while a topic is published its subjects are
// the product's domain's and seen by who sees the product; then they are whose
// they were.
func TestSubjectsGoBackWithTheTopic(t *testing.T) {
	t.Parallel()
	for topic, writer := range map[string]string{stream: "ours", "legacy": ""} {
		m, ctx := newMesh(t), context.Background()
		m.publishes()
		call := m.admin
		if writer != "" {
			call = m.member(writer)
		}
		kept := topic + "-value"
		m.register(call, kept, avro("v", "id"))
		was := find[*weir.Subject](m, weir.Ref{Noun: weir.NounSubject, Name: kept})
		must(t, m.publish(topic, weir.VisibleMesh))
		now := find[*weir.Subject](m, weir.Ref{Noun: weir.NounSubject, Name: kept})
		if now.Domain != m.domains["ours"] || now.Visibility != weir.VisibleMesh {
			t.Errorf("%s is %s, visible to %s", kept, now.Domain, now.Visibility)
		}
		m.register(m.member("ours"), kept, avro("v", "id", "x?"))
		m.takeBack()
		back := find[*weir.Subject](m, weir.Ref{Noun: weir.NounSubject, Name: kept})
		if back.Domain != was.Domain || back.Visibility != was.Visibility || len(back.Versions) != 2 {
			t.Errorf("%s was %s, %s and is %s, %s", kept, was.Domain, was.Visibility, back.Domain, back.Visibility)
		}
		if _, err := m.registry.Version(ctx, m.admin.By, ownValue, 1, registry.DeletedToo); faultOf(err) != registry.NoSubject {
			t.Errorf("%s is left: %v", ownValue, err)
		}
		if writer == "" {
			if _, err := m.registry.Register(ctx, m.member("ours"), registry.Registration{Subject: kept, Text: avro("v", "id", "y?")}); !weir.Denied.In(err) {
				t.Errorf("the domain still writes %s: %v", kept, err)
			}
		}
	}
}

// TestAHiddenProductsNameTellsNothing: to who may not know of the product its
// name is a subject that is not there, and no message says the topic's.
func TestAHiddenProductsNameTellsNothing(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	m.publishes()
	m.register(m.member("ours"), stream+"-value", avro("v", "id"))
	must(t, m.publish(stream, weir.VisibleDomain))
	theirs, r := m.member("theirs"), m.registry
	const nothing = "ours.never.v1-value"
	for what, c := range map[string]struct{ got, want error }{
		"version":     {errOf(r.Version(ctx, theirs.By, ownValue, 1, registry.DeletedToo)), errOf(r.Version(ctx, theirs.By, nothing, 1, registry.DeletedToo))},
		"register":    {errOf(r.Register(ctx, theirs, registry.Registration{Subject: ownValue, Text: avro("v", "id")})), errOf(r.Register(ctx, theirs, registry.Registration{Subject: nothing, Text: avro("v", "id")}))},
		"delete":      {errOf(r.DeleteSubject(ctx, theirs, ownValue, false)), errOf(r.DeleteSubject(ctx, theirs, nothing, false))},
		"config":      {errOf(r.Config(ctx, theirs.By, ownValue, false)), errOf(r.Config(ctx, theirs.By, nothing, false))},
		"a reference": {errOf(r.Check(ctx, theirs.By, refersTo(ownValue), 0)), errOf(r.Check(ctx, theirs.By, refersTo(nothing), 0))},
	} {
		if weir.KindOf(c.got) != weir.KindOf(c.want) || faultOf(c.got) != faultOf(c.want) || strings.Contains(c.got.Error(), "clicks") {
			t.Errorf("%s: %v; of what is not there: %v", what, c.got, c.want)
		}
	}
}

// TestAReferenceByTheProductsName: it is kept under the topic's, so it holds
// when the topic is taken back.
func TestAReferenceByTheProductsName(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	m.publishes()
	m.register(m.admin, "legacy-value", avro("v", "id"))
	must(t, m.publish("legacy", weir.VisibleMesh))
	reg := registry.Registration{
		Subject: "report", Text: `{"type":"array","items":"v"}`,
		References: []weir.SchemaReference{{Name: "v", Subject: ownValue, Version: 1}},
	}
	v, err := m.registry.Register(ctx, m.admin, reg)
	must(t, err)
	if v.References[0].Subject != "legacy-value" {
		t.Errorf("it refers to %s", v.References[0].Subject)
	}
	if found, err := m.registry.Lookup(ctx, m.admin.By, reg, registry.LivingOnly); err != nil || found.ID != v.ID {
		t.Errorf("looked up as it was registered: %+v, %v", found, err)
	}
	for _, name := range []string{ownValue, "legacy-value"} {
		if ids, err := m.registry.ReferencedBy(ctx, m.admin.By, name, 1, registry.Which{}); err != nil || !slices.Equal(ids, []weir.SchemaID{v.ID}) {
			t.Errorf("%s is referred to by %v, %v", name, ids, err)
		}
	}
	m.takeBack()
	if _, err := m.registry.Lookup(ctx, m.admin.By, registry.Registration{Subject: "report", Text: reg.Text, References: v.References}, registry.LivingOnly); err != nil {
		t.Errorf("after it was taken back: %v", err)
	}
}

// TestPublishingHidesNoSchema: a name under which there are schemas is not taken
// by a product whose schemas are elsewhere.
func TestPublishingHidesNoSchema(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.publishes()
	m.register(m.admin, ownValue, avro("other", "x"))
	m.register(m.admin, "legacy-value", avro("v", "id"))
	if err := m.publish("legacy", weir.VisibleMesh); !weir.Conflict.In(err) || !strings.Contains(err.Error(), ownValue) {
		t.Errorf("published over schemas: %v", err)
	}
}

// TestTheIndexKnowsPublishedTopics: also one that is made anew.
func TestTheIndexKnowsPublishedTopics(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	m.publishes()
	m.register(m.admin, "legacy-value", avro("v", "id"))
	must(t, m.publish("legacy", weir.VisibleMesh))
	anew, err := registry.NewIndex(ctx, m.state, m.ledger)
	must(t, err)
	if _, err := m.with(anew).Version(ctx, m.admin.By, ownValue, 1, registry.LivingOnly); err != nil {
		t.Errorf("an index made anew: %v", err)
	}
}
