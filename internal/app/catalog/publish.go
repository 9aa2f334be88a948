package catalog

import (
	"context"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// cluster is what the catalogue asks of where the records are, before the queue.
type cluster interface {
	// Topics lists every topic but the cluster's internal ones.
	Topics(ctx context.Context) (weir.Topics, error)
	// Spans says what each partition of a topic holds; NotFound if there is
	// none.
	Spans(ctx context.Context, topic string) (map[int32]weir.Span, error)
}

// Publishing asks that a topic becomes a product, as [NewProduct] says it shall
// be. Nothing of the topic changes: partitions and retention are its own.
type Publishing struct {
	Topic string
	NewProduct
	AcceptTerms   bool
	AcceptedTerms string // the hash of the terms that were shown; empty: those of now
}

// Publish makes a product of a topic: of a private stream, or of one that the
// mesh does not know, on a cluster that holds such. What others need to rely on
// it is required, and all that is missing is refused at once ([Lacks]). The same
// again changes nothing.
func (c *Catalog) Publish(ctx context.Context, call weir.Call, cmd Publishing) (weir.Receipt, error) {
	if _, _, err := weir.SplitProduct(cmd.Name); err != nil {
		return weir.Receipt{}, err
	}
	at, err := c.look(ctx, call.By, cmd.Topic)
	if err != nil {
		return weir.Receipt{}, err
	}
	d := &publishing{c: c, call: call, cmd: cmd, at: at}
	if err := d.prepare(ctx); err != nil {
		return weir.Receipt{}, err
	}
	return c.writer.Submit(ctx, call.Decision("product.publish", d.decide))
}

// publishing is one request on its way.
type publishing struct {
	c       *Catalog
	call    weir.Call
	cmd     Publishing
	at      found
	p       *weir.Product // without domain, owner and what is told
	lacks   Lacks
	schemas first
	fields  fieldSet
}

// prepare does what takes time. It refuses nothing that could tell the caller of
// what they may not know of.
func (d *publishing) prepare(ctx context.Context) (err error) {
	d.lacks = d.missing()
	full := d.cmd.NewProduct
	full.Encoding = or(full.Encoding, d.at.encoding)
	full.KeyEncoding = or(full.KeyEncoding, d.at.keyEncoding)
	full.Schema = d.at.unlessThere(weir.OfValue, full.Schema)
	full.KeySchema = d.at.unlessThere(weir.OfKey, full.KeySchema)
	d.p = full.product()
	d.p.UID, d.p.Created = d.c.uid(), d.c.now().UTC()
	d.p.Published = &weir.Publication{Topic: d.cmd.Topic, Reason: d.call.Why}
	if len(d.lacks) > 0 {
		return nil // they are told first
	}
	if err := checkKey(d.p); err != nil {
		return err
	}
	if d.schemas, err = d.c.first(ctx, d.call.By, full, d.p); err != nil {
		return err
	}
	fields, err := d.c.fieldsSaid(ctx, d.p, full.Schema)
	d.fields = setOf(fields)
	return err
}

// held is the topic as the ledger says it, or will: revision 0 is one that the
// mesh did not know. stream is the private stream that it is.
type held struct {
	*weir.Topic
	rev    weir.Revision
	stream weir.UID
}

// decide makes the product, inside the queue.
func (d *publishing) decide(ctx context.Context, v weir.View) (weir.Outcome, error) {
	p := *d.p
	home, err := d.domain(ctx, v, &p)
	if err != nil {
		return weir.Outcome{}, err
	}
	topic, err := d.topic(ctx, v, home)
	if err != nil {
		return weir.Outcome{}, err
	}
	old, rev, err := d.before(ctx, v)
	if err != nil {
		return weir.Outcome{}, err
	}
	if old != nil {
		return d.again(ctx, v, old, rev)
	}
	if err := free(ctx, v, p.Ref(), p.Topic(), "weir product delete "+p.Name+" --destroy-data"); err != nil {
		return weir.Outcome{}, err
	}
	if err := d.lacks.refuse(d.cmd.Topic); err != nil {
		return weir.Outcome{}, err
	}
	return d.make(ctx, v, &p, topic)
}

// make is the entry that makes a product of a topic.
func (d *publishing) make(ctx context.Context, v weir.View, p *weir.Product, t held) (weir.Outcome, error) {
	c, r := d.c, d.c.result()
	terms, err := c.accepted(ctx, v, r, d.cmd.AcceptedTerms)
	if err != nil {
		return weir.Outcome{}, err
	}
	p.Published = &weir.Publication{Topic: t.Name, Stream: t.stream, By: d.call.By.Ref, At: c.now().UTC(), Terms: terms, Reason: d.call.Why}
	if p.Owner, err = owner(ctx, v, d.call, d.cmd.Owner); err != nil {
		return weir.Outcome{}, err
	}
	p.Partitions, p.Retention, p.About = t.Partitions, t.Retention, weir.About{}
	if err := c.tell(ctx, v, r, &d.cmd.Telling, p, d.fields); err != nil {
		return weir.Outcome{}, err
	}
	p.Access = or(d.cmd.Access, usualAccess(described(d.fields.list, p.Fields)))
	r.put(nil, 0, p)
	r.hand(t, p.UID)
	d.schemas.put(ctx, v, r, p)
	r.with(v, func(v weir.View) ([]weir.Change, error) { return c.contracts.Follow(ctx, v, p) })
	r.with(v, func(v weir.View) ([]weir.Change, error) {
		return nil, c.mayPublish(ctx, v, d.call.By, p, d.fields.list, d.at.records)
	})
	return r.outcome("product.published", p)
}

// hand gives a topic to a product or stream.
func (r *result) hand(t held, to weir.UID) {
	next := *t.Topic
	next.Of = to
	if t.rev == 0 {
		r.put(nil, 0, &next)
		return
	}
	r.put(t.Topic, t.rev, &next)
}

// domain finds the domain, and refuses who may not make products there.
func (d *publishing) domain(ctx context.Context, v weir.View, p *weir.Product) (*weir.Domain, error) {
	name, _, _ := weir.SplitProduct(p.Name)
	home, _, err := weir.Find[*weir.Domain](ctx, v, weir.Ref{Noun: weir.NounDomain, Name: name})
	if err != nil {
		return nil, err
	}
	p.Domain = home.UID
	return home, rights.Must(d.call.By, rights.Create, rights.Thing{Noun: weir.NounProduct, Domain: home.UID}, p.Ref())
}

// topic finds what the cluster holds, and refuses who may not publish it.
func (d *publishing) topic(ctx context.Context, v weir.View, home *weir.Domain) (held, error) {
	if _, _, err := weir.SplitStream(d.cmd.Topic); err == nil && d.at.actual == nil {
		return d.ofStream(ctx, v, home)
	}
	ref := weir.Ref{Noun: weir.NounTopic, Name: d.cmd.Topic}
	if err := mayAdopt(d.call.By, ref); err != nil {
		return held{}, err
	}
	t, rev, err := weir.Find[*weir.Topic](ctx, v, ref)
	switch {
	case err == nil:
		return d.known(ctx, v, held{t, rev, weir.UID{}})
	case !weir.NotFound.In(err):
		return held{}, err
	case d.at.actual == nil:
		return held{}, noTopic(d.cmd.Topic)
	}
	return held{Topic: &weir.Topic{
		UID: d.c.uid(), Name: d.cmd.Topic, Domain: home.UID, Partitions: d.at.actual.Partitions, State: weir.TopicMade, ID: d.at.actual.ID,
		Adopted: true, Created: d.c.now().UTC(),
	}}, nil
}

// ofStream is the topic of a private stream of the product's domain.
func (d *publishing) ofStream(ctx context.Context, v weir.View, home *weir.Domain) (held, error) {
	s, _, err := weir.Known[*weir.Stream](ctx, v, d.call.By, weir.Ref{Noun: weir.NounStream, Name: d.cmd.Topic})
	if err != nil {
		return held{}, err
	}
	if err := rights.Must(d.call.By, rights.Publish, rights.Thing{Noun: weir.NounStream, Domain: s.Domain}, s.Ref()); err != nil {
		return held{}, err
	}
	if s.Domain != home.UID {
		of, _, _ := weir.SplitStream(s.Name)
		return held{}, weir.Errorf(weir.Invalid, "%s is of the domain %s, not of %s", s.Ref(), of, home.Name).At("as").
			WithFix("publish it as a product of its own domain: %s.NAME", of)
	}
	t, rev, err := weir.Find[*weir.Topic](ctx, v, weir.Ref{Noun: weir.NounTopic, Name: s.Topic()})
	if err != nil {
		return held{}, err
	}
	if t.Of == s.UID {
		return held{t, rev, s.UID}, nil
	}
	return d.known(ctx, v, held{t, rev, s.UID})
}

// known refuses a topic of which there is a product already, but for the one
// that is asked for.
func (d *publishing) known(ctx context.Context, v weir.View, t held) (held, error) {
	p, _, err := weir.Known[*weir.Product](ctx, v, d.call.By, weir.Ref{Noun: weir.NounProduct, UID: t.Of})
	switch {
	case weir.NotFound.In(err):
		return held{}, taken(t.Ref(), "the topic "+t.Name+" is the mesh's already").WithFix("see what it is: weir topic show %s", t.Name)
	case err != nil:
		return held{}, err
	case p.Name == d.cmd.Name && p.Published != nil:
		return t, nil
	case p.Published != nil:
		return held{}, taken(t.Ref(), t.Name+" is published as "+p.Name+" already").
			WithFix("take that back first: weir product unpublish %s", p.Name)
	}
	return held{}, taken(t.Ref(), t.Name+" is the topic of the product "+p.Name+" already").WithFix("look at it: weir product show %s", p.Name)
}

// mayAdopt refuses who is no mesh admin, and topics that are nobody's to offer.
func mayAdopt(by weir.Principal, ref weir.Ref) error {
	if err := rights.Must(by, rights.Publish, rights.Thing{Noun: weir.NounTopic}, ref); err != nil {
		return err
	}
	if internal(ref.Name) {
		return weir.Errorf(weir.Invalid, "the topic %s is for Kafka's or Weir's own use", ref.Name).At("topic").WithFix("publish another: weir topic list --unpublished")
	}
	return nil
}

// internal reports whether a topic is Weir's own or Kafka's, by its name.
func internal(name string) bool {
	return strings.HasPrefix(name, "_weir.") || strings.HasPrefix(name, "__")
}

func noTopic(name string) error {
	e := weir.Errorf(weir.NotFound, "there is no topic %s that could be published", name).WithFix("see which there are: weir topic list --unpublished")
	e.Ref = weir.Ref{Noun: weir.NounTopic, Name: name}
	return e
}

// before is the product, if the topic is published as it already.
func (d *publishing) before(ctx context.Context, v weir.View) (*weir.Product, weir.Revision, error) {
	p, rev, err := weir.Known[*weir.Product](ctx, v, d.call.By, weir.Ref{Noun: weir.NounProduct, Name: d.cmd.Name})
	if weir.NotFound.In(err) || err == nil && p.Alias() != d.cmd.Topic {
		return nil, 0, nil
	}
	return p, rev, err
}

// again answers with the product as it is, if what was said is what it is.
func (d *publishing) again(ctx context.Context, v weir.View, old *weir.Product, rev weir.Revision) (weir.Outcome, error) {
	next, cmd := *old, d.cmd
	r := d.c.result()
	if cmd.Owner != "" {
		var err error
		if next.Owner, err = owner(ctx, v, d.call, cmd.Owner); err != nil {
			return weir.Outcome{}, err
		}
	}
	next.Kind, next.Encoding, next.KeyEncoding = or(cmd.Kind, next.Kind), or(cmd.Encoding, next.Encoding), or(cmd.KeyEncoding, next.KeyEncoding)
	next.Visibility, next.Access, next.Description = or(cmd.Visibility, next.Visibility), or(cmd.Access, next.Access), or(cmd.Description, next.Description)
	replace(&next.Key, cmd.Key)
	if err := d.c.tell(ctx, v, r, &cmd.Telling, &next, d.fields); err != nil {
		return weir.Outcome{}, err
	}
	ch, err := weir.NewChange(d.c.home, old, rev, &next)
	if err != nil {
		return weir.Outcome{}, err
	}
	var differs []string
	for _, f := range ch.Diff {
		differs = append(differs, f.Path)
	}
	if len(d.schemas) > 0 {
		differs = append(differs, "schema")
	}
	if len(differs) == 0 {
		answer, err := weir.Public(old)
		return weir.Outcome{Answer: answer}, err
	}
	return weir.Outcome{}, taken(old.Ref(), cmd.Topic+" is published as "+old.Name+" already, which differs in "+strings.Join(differs, ", ")).
		WithFix("change the product: weir product edit %s; a new schema: weir schema register SUBJECT FILE", old.Name)
}

// found is what there is of a topic, as far as its publisher may know.
type found struct {
	stream  *weir.Stream
	actual  *weir.ClusterTopic // on a cluster that holds topics which are not the mesh's; to a mesh admin
	records int64
	texts   map[weir.SubjectKind][]schemaText

	// As these schemas say; empty: there are none.
	encoding    weir.Encoding
	keyEncoding weir.KeyEncoding
}

// schemaText is a schema that a subject has already.
type schemaText struct {
	format weir.SchemaFormat
	name   string // of its canonical text
}

// look finds out about a topic before the queue.
func (c *Catalog) look(ctx context.Context, by weir.Principal, topic string) (found, error) {
	f := found{texts: map[weir.SubjectKind][]schemaText{}}
	if err := c.lookInside(ctx, by, topic, &f); err != nil {
		return f, err
	}
	if f.stream == nil && c.shared && rights.May(by, rights.Publish, rights.Thing{Noun: weir.NounTopic}) {
		all, err := c.cluster.Topics(ctx)
		if err != nil {
			return f, err
		}
		if t, ok := all[topic]; ok {
			f.actual = &t
		}
	}
	if f.stream == nil && f.actual == nil {
		return f, nil
	}
	var err error
	f.records, err = c.recordsIn(ctx, topic)
	return f, err
}

// lookInside finds what the state knows of a topic.
func (c *Catalog) lookInside(ctx context.Context, by weir.Principal, topic string, f *found) error {
	v, done, err := c.state.View(ctx)
	if err != nil {
		return err
	}
	defer done()
	f.stream, _, err = weir.Known[*weir.Stream](ctx, v, by, weir.Ref{Noun: weir.NounStream, Name: topic})
	if err != nil && !weir.NotFound.In(err) {
		return err
	}
	if f.stream == nil && !rights.May(by, rights.Publish, rights.Thing{Noun: weir.NounTopic}) {
		return nil
	}
	for _, k := range []weir.SubjectKind{weir.OfKey, weir.OfValue} {
		if f.texts[k], err = schemasOf(ctx, v, weir.SubjectOfTopic(topic, k)); err != nil {
			return err
		}
	}
	f.encoding = encodingOf(f.texts[weir.OfValue])
	f.keyEncoding = map[weir.SchemaFormat]weir.KeyEncoding{
		weir.FormatAvro: weir.KeyAvro, weir.FormatProtobuf: weir.KeyProtobuf, weir.FormatJSON: weir.KeyJSON,
	}[latestFormat(f.texts[weir.OfKey])]
	return nil
}

// schemasOf lists the schemas of a subject, the latest last.
func schemasOf(ctx context.Context, v weir.View, subject string) ([]schemaText, error) {
	s, _, err := weir.Find[*weir.Subject](ctx, v, weir.Ref{Noun: weir.NounSubject, Name: subject})
	if err != nil {
		if weir.NotFound.In(err) {
			err = nil
		}
		return nil, err
	}
	var all []schemaText
	for _, at := range s.Versions {
		if at.Deleted {
			continue
		}
		e, _, err := weir.Find[*weir.Schema](ctx, v, weir.Ref{Noun: weir.NounSchema, UID: at.Schema})
		if err != nil {
			return nil, err
		}
		text, _, err := v.Get(ctx, weir.Ref{Noun: weir.NounText, UID: e.Text})
		if err != nil {
			return nil, err
		}
		all = append(all, schemaText{e.Format, text.Ref().Name})
	}
	return all, nil
}

// encodingOf is what values are in whose serialisers registered schemas; empty:
// there are none.
func encodingOf(texts []schemaText) weir.Encoding {
	return map[weir.SchemaFormat]weir.Encoding{
		weir.FormatAvro: weir.EncodingAvro, weir.FormatProtobuf: weir.EncodingProtobuf, weir.FormatJSON: weir.EncodingJSONSchema,
	}[latestFormat(texts)]
}

// latestFormat is the language of the last of some schemas; empty: there are
// none.
func latestFormat(texts []schemaText) weir.SchemaFormat {
	if len(texts) == 0 {
		return ""
	}
	return texts[len(texts)-1].format
}

// recordsIn is how many records a topic holds, by its offsets.
func (c *Catalog) recordsIn(ctx context.Context, topic string) (int64, error) {
	spans, err := c.cluster.Spans(ctx, topic)
	if weir.NotFound.In(err) {
		return 0, nil
	}
	var n int64
	for _, s := range spans {
		n += s.End - s.Start
	}
	return n, err
}
