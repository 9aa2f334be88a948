package catalog

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/format/cloudevents"
)

// Own makes what Weir itself offers in a mesh, of what is not there yet: its
// domain, which its team owns, and the product weir.activity with its schema.
// Exists: somebody made a domain or a product of its name before the name was
// Weir's own. NotFound: the team is not there.
func (c *Catalog) Own(ctx context.Context) error {
	call := weir.Call{By: weir.Principal{Ref: weir.System, Via: weir.Via{Door: "start"}}}
	if err := c.ownDomain(ctx, call); err != nil {
		return err
	}
	return c.ownProduct(ctx, call)
}

// ours reports whether a thing of Weir's own is there. Exists: another one has
// its name.
func ours(ctx context.Context, v weir.View, r weir.Ref, end string) (bool, error) {
	e, _, err := v.Get(ctx, weir.Ref{Noun: r.Noun, Name: r.Name})
	switch {
	case weir.NotFound.In(err):
		return false, nil
	case err != nil:
		return false, err
	case e.Ref().UID != r.UID:
		return false, weir.Errorf(weir.Exists, "there is a %s already, and the name is Weir's own now", e.Ref()).
			WithFix("end it: %s; then start the node again", end)
	}
	return true, nil
}

func (c *Catalog) ownDomain(ctx context.Context, call weir.Call) error {
	d := &weir.Domain{
		UID: weir.OwnUID(c.home, weir.NounDomain, weir.OwnName), Name: weir.OwnName, Team: weir.OwnUID(c.home, weir.NounTeam, weir.OwnName),
		Description: "What Weir itself offers", Created: c.now().UTC(),
	}
	_, err := c.writer.Submit(ctx, call.Decision("domain.create", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		there, err := ours(ctx, v, d.Ref(), "weir domain delete "+d.Name)
		if there || err != nil {
			return weir.Outcome{}, err
		}
		if _, _, err := weir.Find[*weir.Team](ctx, v, weir.Ref{Noun: weir.NounTeam, UID: d.Team}); err != nil {
			return weir.Outcome{}, err
		}
		r := c.result()
		r.put(nil, 0, d)
		r.with(v, func(v weir.View) ([]weir.Change, error) { return c.contracts.FollowDomain(ctx, v, d) })
		return r.outcome("domain.created", d)
	}))
	return err
}

// ownProduct makes weir.activity as if a topic with a name of this mesh alone
// had been published: so two meshes can be on one cluster.
func (c *Catalog) ownProduct(ctx context.Context, call weir.Call) error {
	p := activity(c.home)
	p.Created = c.now().UTC()
	there, err := c.hasOwn(ctx, p)
	if there || err != nil {
		return err
	}
	cmd := NewProduct{Schema: cloudevents.ActivitySchema, Telling: aboutActivity()}
	schemas, err := c.first(ctx, call.By, cmd, p)
	if err != nil {
		return err
	}
	fields, err := c.fieldsSaid(ctx, p, cmd.Schema)
	if err != nil {
		return err
	}
	_, err = c.writer.Submit(ctx, call.Decision("product.create", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		if there, err := ours(ctx, v, p.Ref(), "weir product delete "+p.Name); there || err != nil {
			return weir.Outcome{}, err
		}
		t, _, err := weir.Find[*weir.Team](ctx, v, weir.Ref{Noun: weir.NounTeam, UID: weir.OwnUID(c.home, weir.NounTeam, weir.OwnName)})
		if err != nil {
			return weir.Outcome{}, err
		}
		p.Owner, p.About = t.Members[0], weir.About{} // the mesh admins: there is one at least
		r := c.result()
		if err := c.tell(ctx, v, r, &cmd.Telling, p, setOf(fields)); err != nil {
			return weir.Outcome{}, err
		}
		p.Published.By, p.Published.At = weir.System, p.Created
		if p.Published.Terms, err = c.text(ctx, v, r, "terms", defaultTerms, nil); err != nil {
			return weir.Outcome{}, err
		}
		topic := c.topicOf(p)
		topic.Name = p.OnCluster()
		r.put(nil, 0, p)
		r.put(nil, 0, topic)
		schemas.put(ctx, v, r, p)
		return r.outcome("product.created", p)
	}))
	return err
}

// hasOwn is ours, before the queue.
func (c *Catalog) hasOwn(ctx context.Context, p *weir.Product) (bool, error) {
	v, done, err := c.state.View(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	return ours(ctx, v, p.Ref(), "weir product delete "+p.Name)
}

// activity is the product as it is made.
func activity(home weir.UID) *weir.Product {
	return &weir.Product{
		UID: weir.OwnUID(home, weir.NounProduct, weir.ActivityProduct), Name: weir.ActivityProduct, Major: 1,
		Domain: weir.OwnUID(home, weir.NounDomain, weir.OwnName),
		Kind:   weir.KindStream, Encoding: weir.EncodingJSON, KeyEncoding: weir.KeyString,
		Visibility: weir.VisibleMesh, Access: weir.AccessRequest, Partitions: 1, Retention: weir.Forever,
		Description: "Each change of the mesh: who did what, when, through what and why, and what is different since. One CloudEvent for each event.",
		Published:   &weir.Publication{Topic: weir.OwnTopics + "activity." + home.String()},
	}
}

// activityDoc is the product's documentation.
const activityDoc = `# Weir's own activity

Every change of the mesh as a [CloudEvent](https://cloudevents.io) 1.0 in JSON, structured mode: the whole event is the record's
value, and the header content-type says so. The key is the event's subject, as noun/name.

- **Order.** One partition; events stand in the order in which they were decided, and sequence sorts in it.
- **Once.** Each event is there once for a ledger's uid, an offset and an index: that is its id. Read committed records, as most
  clients do by themselves; with Java's say isolation.level=read_committed.
- **From the beginning.** The topic keeps everything; it begins with the founding of the mesh.
- **After a restore** from a backup the ledger has another uid, and its events follow behind those of the one before.
- **No secrets.** A secret that changed is listed without its values, and long values are left out and marked.
`

// activityTerms is what readers agree to.
const activityTerms = `# Terms of use

These events tell of everything in the mesh, also of what is private to a domain, and name people. Use them to run the mesh, to
audit it, and to let tools follow what is decided; do not show them to somebody who could not see the same on the page Activity.
`

// aboutActivity is what is told about weir.activity.
func aboutActivity() Telling {
	kind, quality, sla := weir.TypeSource, weir.QualityAuthoritative, weir.SLATier2
	purpose := "To audit the mesh, and to let other systems follow what is decided in it: catalogues, ticket systems, alarms."
	usage := "Filter by type, such as product.created or access.revoked. To know a thing's state now, ask the API; to know how it became so, read on from a time."
	limits := "Attempts that were refused, logins and reads are not in it: the first are in the audit, the others in metrics. It is at most a few seconds behind."
	doc, terms, event := activityDoc, activityTerms, "time"
	return Telling{
		Type: &kind, Purpose: &purpose, Usage: &usage, Limitations: &limits, Quality: &quality, SLA: &sla,
		SLOs: []weir.SLO{
			{Property: weir.SLOFreshness, Value: 10, Unit: "s"}, {Property: weir.SLOCompleteness, Value: 100, Unit: "percent"},
		},
		Support: []weir.Support{{Channel: "the mesh admins"}},
		Tags:    []weir.Tag{"area:governance", "origin:weir"}, Documentation: &doc, Terms: &terms, EventTime: &event,
		Fields: []NoteEdit{
			classified("data.who.name", weir.ClassPersonal), classified("data.who.uid", weir.ClassPersonal), classified("data.why", weir.ClassInternal),
		},
	}
}

func classified(path string, class weir.Classification) NoteEdit {
	return NoteEdit{Path: path, Classification: &class}
}
