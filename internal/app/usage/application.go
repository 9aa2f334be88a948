package usage

import (
	"context"
	"time"

	"github.com/weirmesh/weir"
)

// Gateway is what an application was seen doing where it comes in.
type Gateway interface {
	// Visits tells of an application, which has this name now.
	Visits(application weir.UID, name string) weir.Visits
}

// ApplicationFacts are how an application gets on now. What is not known is
// zero, and Problems say why.
type ApplicationFacts struct {
	Of         weir.Ref
	At         time.Time
	Groups     []Followed // of what one may see it reading, by group and topic
	Hidden     int        // groups on what one may not know of
	More       bool       // there are more groups than are looked at
	Inside     bool       // one may see all of it: Visits and Credential are told
	Visits     weir.Visits
	Credential time.Time // since when there is the one of now; zero: none
	Problems   []string
}

// Followed is a consumer group as it stands to a product or a private stream.
type Followed struct {
	weir.ConsumerGroup
	Of         weir.Ref
	Partitions int // of the topic
}

// FactsOfApplication tells how an application gets on: how far its groups are
// behind, whether it is there, and what it was refused. Who may watch it is told
// all; who may watch a product is told how it stands to that. Errors: NotFound.
func (u *Usages) FactsOfApplication(ctx context.Context, p weir.Principal, name string) (ApplicationFacts, error) {
	e, err := u.find(ctx, p, weir.Ref{Noun: weir.NounApplication, Name: name})
	if err != nil {
		return ApplicationFacts{}, err
	}
	f := ApplicationFacts{Of: e.Ref(), At: u.cfg.Now().UTC()}
	all, err := u.follows.get(ctx, e.Ref().Name, func(ctx context.Context) (weir.Follows, error) { return u.cfg.Observer.Follows(ctx, e.Ref().Name) })
	f.Problems = noted(f.Problems, err)
	err = u.view(ctx, func(v weir.View) error { return f.fill(ctx, newSeer(v, p), all, u.cfg.Topic) })
	if err == nil && f.Inside {
		f.Visits = u.cfg.Gateway.Visits(f.Of.UID, f.Of.Name)
	}
	return f, err
}

// fill keeps what the principal may see.
func (f *ApplicationFacts) fill(ctx context.Context, see *seer, all weir.Follows, whose func(string) (weir.Ref, bool)) error {
	self, err := see.look(ctx, f.Of)
	if err != nil {
		return err
	}
	f.Inside, f.More = self.watch, self.watch && all.More
	for _, one := range all.Follows {
		of, ok := whose(one.Topic)
		if !ok {
			continue // of nobody any more
		}
		it, err := see.look(ctx, of)
		switch {
		case err != nil:
			return err
		case it.knows && (self.watch || it.watch):
			f.Groups = append(f.Groups, Followed{ConsumerGroup: one.ConsumerGroup, Of: it.ref, Partitions: one.Partitions})
		case self.watch:
			f.Hidden++
		}
	}
	if f.Inside {
		f.Credential, err = credential(ctx, see.v, f.Of.UID)
	}
	return err
}

// credential says since when an application has the credential that it has.
func credential(ctx context.Context, v weir.View, application weir.UID) (time.Time, error) {
	page, err := v.List(ctx, weir.ListQuery{Noun: weir.NounCredential, Scope: weir.Everything, Refers: []weir.UID{application}, Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return time.Time{}, err
	}
	c, ok := page.Items[0].Entity.(*weir.Credential)
	if !ok {
		return time.Time{}, weir.Errorf(weir.Internal, "a list of credentials has something else")
	}
	return c.Created, nil
}
