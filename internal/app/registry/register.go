package registry

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// maxAttempts bounds how often a write is decided anew because its subject
// changed meanwhile.
const maxAttempts = 200

// Register puts a schema into a subject, and answers when it is durable and the
// index shows it. A schema that is there already is answered as it is.
func (r *Registry) Register(ctx context.Context, call weir.Call, cmd Registration) (Version, error) {
	if err := checkSubject(cmd.Subject); err != nil {
		return Version{}, err
	}
	var out Version
	err := r.again(ctx, cmd.Subject, func() (err error) {
		out, err = r.register(ctx, call, cmd)
		return err
	})
	return r.as(call.By, cmd.Subject, out, err)
}

// stale says that a decision found something else than what was looked at before
// the queue; it is made again when the index shows what the decision saw.
type stale struct{ at weir.Offset }

func (stale) Error() string { return "the subject changed meanwhile" }

// again repeats a write while what it looked at changes under it.
func (r *Registry) again(ctx context.Context, subject string, write func() error) error {
	for range maxAttempts {
		err := write()
		var old stale
		if !errors.As(err, &old) {
			return err
		}
		if err := r.cfg.Index.Wait(ctx, old.at); err != nil {
			return err
		}
	}
	return weir.Errorf(weir.Unavailable, "the subject %s changes too often", subject).WithFix("try again in a moment")
}

// register is one attempt.
func (r *Registry) register(ctx context.Context, call weir.Call, cmd Registration) (Version, error) {
	s, err := r.cfg.Index.look(r.Canonical(call.By, cmd.Subject))
	if err != nil {
		return Version{}, err
	}
	if s.owner.must(call.By, rights.Edit, s.name, s.subject) != nil {
		if v, ok, err := r.known(ctx, call.By, cmd, s); ok || err != nil {
			return v, err
		}
		return Version{}, r.refuse(ctx, call, "schema.register", s)
	}
	c, there, err := r.prepare(ctx, call, cmd, s)
	switch {
	case err != nil:
		return Version{}, err
	case there != nil:
		return c.version(*there), nil
	}
	return r.submit(ctx, call, s, c)
}

// prepare does what comes before the queue: it understands the schema and says
// that it may follow, or where it is already.
func (r *Registry) prepare(ctx context.Context, call weir.Call, cmd Registration, s seen) (candidate, *weir.SubjectVersion, error) {
	w, err := r.begin(ctx, call.By, len(cmd.Text))
	if err != nil {
		return candidate{}, nil, err
	}
	defer w.end()
	c, there, err := r.there(ctx, call.By, w, cmd, s)
	if err != nil || there != nil {
		return c, there, err
	}
	if err := s.takes(cmd); err != nil {
		return c, nil, err
	}
	if err = r.fits(ctx, w, s, c); err == nil {
		err = r.judged(ctx, s, &c)
	}
	err = r.hurting(ctx, call.By, s, err)
	c.schema = nil // it may be large, and the writer is waited for
	return c, nil, err
}

// there understands a registration, and finds the version that it is already,
// as it was sent or with what the configuration adds.
func (r *Registry) there(ctx context.Context, p weir.Principal, w *work, cmd Registration, s seen) (candidate, *weir.SubjectVersion, error) {
	c, err := r.candidate(ctx, p, w, cmd, s)
	if err != nil {
		return c, nil, err
	}
	if v, ok := r.present(s, c, cmd); ok && !adds(s.config()) {
		return c, &v, nil
	}
	if cmd.ID != 0 {
		return c, nil, nil
	}
	if c, err = r.populated(ctx, s, c); err != nil {
		return c, nil, err
	}
	if v, ok := r.present(s, c, Registration{Version: cmd.Version}); ok {
		return c, &v, nil
	}
	return c, nil, nil
}

// known finds what somebody registers who may read the subject and not write
// it: a serialiser registers what its schema refers to, though it is there.
func (r *Registry) known(ctx context.Context, p weir.Principal, cmd Registration, s seen) (v Version, ok bool, err error) {
	if s.subject == nil || !p.Scope().Knows(s.subject.Readers()) {
		return Version{}, false, nil
	}
	w, err := r.begin(ctx, p, len(cmd.Text))
	if err != nil {
		return Version{}, false, err
	}
	defer w.end()
	c, at, err := r.there(ctx, p, w, cmd, s)
	if err != nil || at == nil {
		return Version{}, false, nil // it would be something new
	}
	return c.version(*at), true, nil
}

// present finds a schema that need not be registered, because it is there.
func (r *Registry) present(s seen, c candidate, cmd Registration) (weir.SubjectVersion, bool) {
	if cmd.Version != 0 {
		return weir.SubjectVersion{}, false
	}
	if cmd.ID == 0 {
		return r.find(s, c, LivingOnly)
	}
	return findVersion(s.versions(), LivingOnly, func(v weir.SubjectVersion) bool { return v.ID == cmd.ID && c.isSame(v.Schema) })
}

// maxImportedVersion leaves numbers for what is registered after an import: a
// version is at most 2^31-1.
const maxImportedVersion = 1_000_000_000

// takes refuses what the subject's mode does not allow.
func (s seen) takes(cmd Registration) error {
	if err := s.writable(); err != nil {
		return err
	}
	imports := s.mode() == weir.ModeImport
	switch {
	case cmd.ID != 0 && !imports:
		return fault(NotPermitted, weir.Conflict, "Subject %s is not in import mode", s.name).
			WithFix("leave the id out, or change the subject's mode to %s", weir.ModeImport)
	case cmd.ID == 0 && imports:
		return fault(NotPermitted, weir.Conflict, "Subject %s is not in read-write mode", s.name).
			WithFix("give the schema's id, or change the subject's mode to %s", weir.ModeReadWrite)
	case cmd.ID > weir.MaxImportedID:
		return fault(InvalidSchema, weir.Invalid, "the id %d is too great to be imported", cmd.ID).
			At("id").WithFix("ids up to %d can be imported; what comes after is for schemas that are registered here", weir.MaxImportedID)
	case !imports && cmd.Version > 0 && cmd.Version != s.next():
		return fault(InvalidSchema, weir.Invalid, "Version is not one more than previous version").
			At("version").WithFix("leave it out, or use %d", s.next())
	case cmd.Version > maxImportedVersion:
		return fault(InvalidSchema, weir.Invalid, "the version %d is too great to be imported", cmd.Version).
			At("version").WithFix("use at most %d; what comes after is for versions that are registered here", maxImportedVersion)
	case cmd.Version < Latest:
		return invalidVersion(cmd.Version)
	}
	return nil
}

// populated is the candidate with what configuration and history add.
func (r *Registry) populated(ctx context.Context, s seen, c candidate) (candidate, error) {
	var latest *weir.Schema
	if v, ok := s.latest(); ok {
		latest, _ = r.cfg.Index.schema(v.Schema)
	}
	c.reg = populate(c.reg, s.config(), latest, s.next())
	return c, r.identify(ctx, &c)
}

// fits refuses what the subject cannot hold: another language than its product's,
// values without the product's key, or what may not follow its versions.
func (r *Registry) fits(ctx context.Context, w *work, s seen, c candidate) error {
	if s.owner.product != nil {
		if err := ofProduct(s.owner.product, s.name, c.schema); err != nil {
			return err
		}
	}
	if s.mode() == weir.ModeImport {
		return nil
	}
	verdict, err := r.verdict(ctx, w, s, c, 0)
	if err != nil || verdict.Compatible() {
		return err
	}
	return incompatible(s, verdict)
}

// judged has the fields ready that policies judge inside the decision.
func (r *Registry) judged(ctx context.Context, s seen, c *candidate) error {
	p := s.owner.product
	if r.cfg.Policies == nil || p == nil || p.Published == nil || s.name != p.Subject(weir.OfValue) {
		return nil
	}
	c.after = c.schema.Fields()
	latest, ok := s.latest()
	if !ok {
		return nil
	}
	now, err := r.parsed(ctx, latest.Schema)
	if err == nil {
		c.before = now.Fields()
	}
	return err
}

// placed is what a registration is answered with.
type placed struct {
	Subject string        `json:"subject"`
	Version int           `json:"version"`
	ID      weir.SchemaID `json:"id"`
}

// submit has the registration decided, and waits until the index shows it.
func (r *Registry) submit(ctx context.Context, call weir.Call, s seen, c candidate) (Version, error) {
	d := registering{r: r, call: call, seen: s, c: c, schema: r.uid(), text: r.uid(), subject: r.uid()}
	receipt, err := r.cfg.Writer.Submit(ctx, call.Decision("schema.register", d.decide))
	if err != nil {
		return Version{}, err
	}
	var at placed
	if err := json.Unmarshal(receipt.Answer, &at); err != nil {
		return Version{}, weir.Errorf(weir.Internal, "the answer of a registration cannot be read").Because(err)
	}
	if err := r.cfg.Index.Wait(ctx, receipt.Offset); err != nil {
		return Version{}, err
	}
	if u, ok := r.cfg.Index.text(weir.TextName(c.reg.Text)); ok {
		r.keepText(u, c.reg.Text) // it is asked for soon
	}
	return c.version(weir.SubjectVersion{Version: at.Version, ID: at.ID}), nil
}

// refuse has it put on record that the caller may not write a subject.
func (r *Registry) refuse(ctx context.Context, call weir.Call, op string, s seen) error {
	_, err := r.cfg.Writer.Submit(ctx, call.Decision(op, func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		sub, _, o, err := r.inside(ctx, v, s.name)
		if err == nil {
			err = refused(ctx, v, call.By, "register in", s.name, o, o.must(call.By, rights.Edit, s.name, sub))
		}
		if err == nil {
			err = stale{v.Offset()}
		}
		return weir.Outcome{}, err
	}))
	return err
}
