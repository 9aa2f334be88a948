// Package worker is what runs by itself: it brings the cluster to what the
// ledger wants, and reports what it sees.
//
// What it does can be repeated at any time: it looks at the state, compares
// with the cluster, acts, and records what came out. What could hide a loss, a
// topic that is gone or that somebody made again, is reported and left alone.
package worker

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weirmesh/weir"
)

// How often the cluster is looked at when nothing changed, how long one look
// may take, and how soon a failure is tried again.
const (
	lookEvery   = 30 * time.Second
	lookFor     = 20 * time.Second
	retryFirst  = 250 * time.Millisecond
	retryAtMost = 10 * time.Second
)

// catalog records what became of topics.
type catalog interface {
	TopicMade(ctx context.Context, call weir.Call, topic weir.UID, id weir.TopicID) error
	TopicSet(ctx context.Context, call weir.Call, topic weir.UID, asked weir.Topic) error
	TopicGone(ctx context.Context, call weir.Call, topic weir.UID) error
}

// identity records what became of applications.
type identity interface {
	ApplicationGone(ctx context.Context, call weir.Call, application weir.UID) error
}

// Config is what the worker needs. Every field is required.
type Config struct {
	State    weir.State
	Cluster  weir.Cluster
	Catalog  catalog
	Identity identity
	Now      func() time.Time
	Log      *slog.Logger
	// Trim says that the cluster does not drop old records by itself.
	Trim bool
	// Private says that nobody else has topics on the cluster: what has the
	// name of a topic of ours is ours.
	Private bool
}

// Reconciler keeps the cluster as the ledger wants it.
type Reconciler struct {
	Config
	problems atomic.Pointer[map[string]Problem] // by topic or application; replaced, never changed
	mu       sync.Mutex
	reached  error // why the cluster could not be looked at
}

// Problem is what is wrong with one thing. Lost says that data may be gone.
type Problem struct {
	Lost bool
	Text string
}

// New makes a reconciler.
func New(c Config) *Reconciler {
	r := &Reconciler{Config: c}
	r.problems.Store(&map[string]Problem{})
	return r
}

// Problem says what is wrong with a topic, as last seen; no text: nothing.
func (r *Reconciler) Problem(topic string) (lost bool, text string) {
	p := (*r.problems.Load())[topic]
	return p.Lost, p.Text
}

// Lost reports whether a topic is gone from the cluster, or is another one, as
// last seen. It may be asked for every frame.
func (r *Reconciler) Lost(topic string) bool { return (*r.problems.Load())[topic].Lost }

// Problems lists everything that is wrong, as last seen.
func (r *Reconciler) Problems() map[string]Problem { return maps.Clone(*r.problems.Load()) }

// Reached says why the cluster did not answer the last look; nil: it did.
func (r *Reconciler) Reached() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reached
}

// Run reconciles when the state changes, at intervals, and again soon after a
// failure, until ctx ends.
func (r *Reconciler) Run(ctx context.Context) error {
	retry := retryFirst
	for ctx.Err() == nil {
		seen, again := r.look(ctx)
		wait := lookEvery
		if again {
			wait, retry = retry, min(2*retry, retryAtMost)
		} else {
			retry = retryFirst
		}
		r.sleep(ctx, seen, wait)
	}
	return nil
}

// sleep waits for a change of the state, or for a time: what cannot be done
// holds up nothing else.
func (r *Reconciler) sleep(ctx context.Context, seen weir.Offset, wait time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	_ = r.State.Wait(ctx, seen+1) // either way it is time to look
}

// system is who acts here.
func system() weir.Call {
	return weir.Call{By: weir.Principal{Ref: weir.System, Via: weir.Via{Door: "worker"}}}
}

// look compares and acts once. It says which offset it saw, and whether
// something failed that is worth a retry.
func (r *Reconciler) look(ctx context.Context) (weir.Offset, bool) {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	seen, topics, ending, err := r.wanted(ctx)
	if err != nil {
		r.report(ctx, err, nil)
		return seen, true
	}
	actual, err := r.Cluster.Topics(ctx)
	if err != nil {
		r.report(ctx, err, nil)
		return seen, true
	}
	found := map[string]Problem{}
	again := false
	for _, t := range topics {
		if p := r.topic(ctx, t, actual); p.Text != "" {
			found[t.Name] = p
			again = again || !p.Lost
		}
	}
	for _, a := range ending {
		if p := r.application(ctx, a); p.Text != "" {
			found[a.Name] = p
			again = true
		}
	}
	r.report(ctx, nil, found)
	return seen, again
}

// wanted is what the state says now.
func (r *Reconciler) wanted(ctx context.Context) (at weir.Offset, topics []*weir.Topic, ending []*weir.Application, err error) {
	v, release, err := r.State.View(ctx)
	if err != nil {
		return 0, nil, nil, err
	}
	defer release()
	err = weir.All(ctx, v, weir.ListQuery{Noun: weir.NounTopic, Scope: weir.Everything}, func(it weir.Item) error {
		topics = append(topics, it.Entity.(*weir.Topic))
		return nil
	})
	if err != nil {
		return 0, nil, nil, err
	}
	err = weir.All(ctx, v, weir.ListQuery{Noun: weir.NounApplication, Scope: weir.Everything}, func(it weir.Item) error {
		if a := it.Entity.(*weir.Application); a.Ending {
			ending = append(ending, a)
		}
		return nil
	})
	return v.Offset(), topics, ending, err
}

// report keeps what was found, and logs what is new.
func (r *Reconciler) report(ctx context.Context, err error, found map[string]Problem) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		if r.reached == nil && ctx.Err() == nil {
			r.Log.Error("the cluster does not answer", "error", err)
		}
		r.reached = err
		return
	}
	before := *r.problems.Load()
	for name, p := range found {
		if before[name] != p {
			r.Log.Error("the cluster is not as it should be", "name", name, "problem", p.Text, "lost", p.Lost)
		}
	}
	r.reached = nil
	r.problems.Store(&found)
}

// topic brings one topic to where it shall be.
func (r *Reconciler) topic(ctx context.Context, t *weir.Topic, actual weir.Topics) Problem {
	if t.Adopted {
		return r.adopted(ctx, t, actual)
	}
	switch t.State {
	case weir.TopicWanted:
		return failed(r.make(ctx, t))
	case weir.TopicEnding:
		return failed(r.end(ctx, t, actual))
	}
	got, ok := actual[t.Name]
	if !ok {
		return Problem{Lost: true, Text: "the cluster has no topic " + t.Name + " any more, and its data with it; " +
			"restore it there, or give it up: delete the product with its data and create it again"}
	}
	if got.ID != t.ID {
		return Problem{Lost: true, Text: "the cluster has another topic " + t.Name + " (id " + got.ID.String() + ", not " + t.ID.String() + "): " +
			"somebody deleted it and made it again; " + r.giveUp()}
	}
	if t.Behind {
		return failed(r.adjust(ctx, t))
	}
	return Problem{}
}

// adopted looks at a topic that was there before the mesh knew of it: it is
// neither made, changed nor ended, only missed.
func (r *Reconciler) adopted(ctx context.Context, t *weir.Topic, actual weir.Topics) Problem {
	if t.State == weir.TopicEnding { // of the mesh alone
		return failed(r.Catalog.TopicGone(ctx, system(), t.UID))
	}
	got, ok := actual[t.Name]
	if !ok {
		return Problem{Lost: true, Text: "the cluster has no topic " + t.Name + " any more, which Weir did not make and does not end; " +
			"restore it there, or take the product back: weir product unpublish"}
	}
	if got.ID != t.ID {
		return Problem{Lost: true, Text: "the cluster has another topic " + t.Name + " (id " + got.ID.String() + ", not " + t.ID.String() + "): " +
			"somebody deleted it and made it again; if it is meant, take the product back and publish the topic again: weir product unpublish"}
	}
	return Problem{}
}

// giveUp says what ends a topic that is not the one that was made.
func (r *Reconciler) giveUp() string {
	if r.Private {
		return "give it up: delete the product with its data (--destroy-data) and create it again"
	}
	return "delete that topic on the cluster, then give it up: delete the product with its data (--destroy-data) and create it again"
}

func failed(err error) Problem {
	if err == nil {
		return Problem{}
	}
	if e, ok := err.(*weir.Error); ok {
		return Problem{Text: e.Public()}
	}
	return Problem{Text: err.Error()}
}

func spec(t *weir.Topic) weir.TopicSpec {
	return weir.TopicSpec{Name: t.Name, Partitions: t.Partitions, Retention: t.Retention, Compact: t.Compact}
}

func (r *Reconciler) make(ctx context.Context, t *weir.Topic) error {
	id, err := r.Cluster.PutTopic(ctx, spec(t))
	if weir.Exists.In(err) && r.Private {
		return weir.Errorf(weir.Exists, "the broker still holds a topic %s of an earlier time", t.Name).
			WithFix("end it: delete the product with its data (--destroy-data), then create it again").Because(err)
	}
	if err != nil {
		return err
	}
	return r.Catalog.TopicMade(ctx, system(), t.UID, id)
}

func (r *Reconciler) adjust(ctx context.Context, t *weir.Topic) error {
	if err := r.Cluster.SetTopic(ctx, spec(t)); err != nil {
		return err
	}
	return r.Catalog.TopicSet(ctx, system(), t.UID, *t)
}

// end deletes a topic by the id that it was given; where nobody else has topics,
// also another one of its name.
func (r *Reconciler) end(ctx context.Context, t *weir.Topic, actual weir.Topics) error {
	ids := []weir.TopicID{t.ID}
	if got, ok := actual[t.Name]; ok && got.ID != t.ID {
		if id, ours := r.ours(ctx, t, got); ours {
			ids = append(ids, id)
		}
	}
	for _, id := range ids {
		if id == (weir.TopicID{}) {
			continue
		}
		if err := r.Cluster.DeleteTopic(ctx, id); err != nil {
			return err
		}
	}
	return r.Catalog.TopicGone(ctx, system(), t.UID)
}

// ours reports whether a topic of t's name but not of its id is ours to end: on
// a private cluster it is; elsewhere only if t was being made when the outcome
// was lost, which PutTopic can tell from somebody else's.
func (r *Reconciler) ours(ctx context.Context, t *weir.Topic, got weir.ClusterTopic) (weir.TopicID, bool) {
	if r.Private {
		return got.ID, true
	}
	if t.ID != (weir.TopicID{}) {
		return weir.TopicID{}, false
	}
	id, err := r.Cluster.PutTopic(ctx, spec(t))
	return id, err == nil
}

// application ends the groups of one that is ending.
func (r *Reconciler) application(ctx context.Context, a *weir.Application) Problem {
	if err := r.Cluster.DeleteGroups(ctx, a.Name); err != nil {
		return failed(err)
	}
	return failed(r.Identity.ApplicationGone(ctx, system(), a.UID))
}
