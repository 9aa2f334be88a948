package usage

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// How far back the facts of a product look.
const (
	readLately = 30 * 24 * time.Hour
	paceHours  = 48 * time.Hour
)

// Facts are what a product holds now, and how it is used. What is not known is
// zero, and Problems say why.
type Facts struct {
	Of               weir.Ref
	At               time.Time
	Extent           weir.Extent
	Looked           bool // Extent is known
	Pace             weir.Pace
	Hours            []weir.UsageHour
	Readers, Writers int // in the last 30 days
	Counted          bool
	Coverage         weir.Coverage
	Groups           []Group
	Hidden           int // groups that one may not see
	More             bool
	Problems         []string
}

// Group is a consumer group with whose it is.
type Group struct {
	weir.ConsumerGroup
	Application string // empty: nobody's of the mesh
}

// Facts tells what a product or private stream holds now. What the cluster or
// the measures do not tell is a problem in the answer, not an error. Errors:
// NotFound.
func (u *Usages) Facts(ctx context.Context, p weir.Principal, of weir.Ref) (Facts, error) {
	e, err := u.find(ctx, p, of)
	if err != nil {
		return Facts{}, err
	}
	f := Facts{Of: e.Ref(), At: u.cfg.Now().UTC(), Pace: u.cfg.Measures.Pace(e.Ref().UID)}
	topic := topicOf(e)
	f.note(u.counts(ctx, &f))
	f.note(u.looks(ctx, &f, topic))
	f.note(u.grouped(ctx, &f, p, e, topic))
	return f, nil
}

// topicOf is the name on the cluster.
func topicOf(e weir.Entity) string {
	if p, ok := e.(*weir.Product); ok {
		return p.OnCluster()
	}
	return e.Ref().Name
}

// note keeps why something is unknown, once.
func (f *Facts) note(err error) { f.Problems = noted(f.Problems, err) }

func noted(problems []string, err error) []string {
	if err == nil {
		return problems
	}
	text := weir.Internal.String()
	var known *weir.Error
	if errors.As(err, &known) {
		text = known.Public()
	}
	if slices.Contains(problems, text) {
		return problems
	}
	return append(problems, text)
}

func (u *Usages) counts(ctx context.Context, f *Facts) (err error) {
	if f.Coverage, err = u.cfg.Measures.Coverage(ctx); err != nil {
		return err
	}
	all, err := u.usage(ctx, weir.UsageQuery{Of: f.Of.UID, From: f.At.Add(-readLately).Truncate(time.Hour)})
	if err != nil {
		return err
	}
	who := map[weir.Direction]map[weir.UID]bool{weir.Reading: {}, weir.Writing: {}}
	for _, one := range all {
		who[one.Direction][one.Who.UID] = true
	}
	f.Readers, f.Writers, f.Counted = len(who[weir.Reading]), len(who[weir.Writing]), true
	f.Hours, err = u.cfg.Measures.Hours(ctx, weir.UsageQuery{Of: f.Of.UID, From: f.At.Add(-paceHours)})
	return err
}

func (u *Usages) looks(ctx context.Context, f *Facts, topic string) (err error) {
	f.Extent, err = u.extents.get(ctx, topic, func(ctx context.Context) (weir.Extent, error) { return u.cfg.Observer.Extent(ctx, topic) })
	f.Looked = err == nil
	return err
}

// grouped keeps the groups that the principal may see.
func (u *Usages) grouped(ctx context.Context, f *Facts, p weir.Principal, of weir.Entity, topic string) error {
	all, err := u.groups.get(ctx, topic, func(ctx context.Context) (weir.Groups, error) { return u.cfg.Observer.Groups(ctx, topic) })
	if err != nil {
		return err
	}
	f.More = all.More
	return u.view(ctx, func(v weir.View) error {
		see := newSeer(v, p)
		whole, err := see.look(ctx, of.Ref())
		if err != nil {
			return err
		}
		for _, g := range all.Groups {
			name, _, _ := strings.Cut(g.Name, ".")
			app, err := see.named(ctx, name)
			if err != nil {
				return err
			}
			if whole.watch || app.watch {
				f.Groups = append(f.Groups, Group{g, app.ref.Name})
			} else {
				f.Hidden++
			}
		}
		return nil
	})
}

// named looks at an application by its name; zero if there is none.
func (s *seer) named(ctx context.Context, name string) (sight, error) {
	a, _, err := weir.Find[*weir.Application](ctx, s.v, weir.Ref{Noun: weir.NounApplication, Name: name})
	if weir.NotFound.In(err) {
		return sight{}, nil
	}
	if err != nil {
		return sight{}, err
	}
	return s.look(ctx, a.Ref())
}

// Brokers asks each broker of the cluster whether it answers. Their addresses
// are for who may watch the mesh.
func (u *Usages) Brokers(ctx context.Context, p weir.Principal) ([]weir.BrokerHealth, error) {
	all, err := u.health.get(ctx, struct{}{}, u.cfg.Observer.Health)
	if err != nil || rights.May(p, rights.Watch, rights.Thing{Noun: weir.NounMesh}) {
		return all, err
	}
	shown := make([]weir.BrokerHealth, len(all))
	for i, b := range all {
		shown[i] = weir.BrokerHealth{Broker: weir.Broker{ID: b.ID}, Leads: b.Leads, Problem: b.Problem}
	}
	return shown, nil
}
