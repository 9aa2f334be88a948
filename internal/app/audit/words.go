package audit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/weirmesh/weir"
)

// words says what an entry did, to stand after the name of who did it.
func words(s *seer, e weir.Entry, thing weir.Ref) string {
	if f := e.Refusal; f != nil {
		return refused(f)
	}
	if len(e.Changes) == 0 && len(e.Events) > 0 {
		return told(e.Op, e.Events[0])
	}
	if say, ok := sentences()[e.Op]; ok {
		if text := say(s, e, thing); text != "" {
			return text
		}
	}
	noun, verb, _ := strings.Cut(e.Op, ".")
	past, ok := past()[verb]
	switch {
	case thing.Noun == "":
		return "did " + e.Op
	case !ok:
		return fmt.Sprintf("did %s on %s", strings.ReplaceAll(verb, "-", " "), say(thing))
	case verb == "edit":
		return past + fields(e, thing) + say(thing)
	case noun != string(thing.Noun):
		return past + " the " + noun + " of " + say(thing)
	}
	return past + " " + say(thing)
}

// refused says what somebody tried in vain.
func refused(f *weir.Refusal) string {
	text := "was refused: " + f.Msg
	if f.Count > 1 {
		text += fmt.Sprintf(" (%d times)", f.Count)
	}
	return text
}

// say names a thing: products, streams, topics and subjects by their names
// alone, which no other noun's look like.
func say(r weir.Ref) string {
	switch r.Noun {
	case weir.NounProduct, weir.NounStream, weir.NounTopic, weir.NounSubject:
		return r.Name
	}
	return r.String()
}

// past is what the verbs of operations are called when they are done.
func past() map[string]string {
	return map[string]string{
		"create": "created", "edit": "changed", "delete": "deleted", "publish": "published", "unpublish": "took back",
		"deprecate": "deprecated", "retire": "retired", "activate": "made active", "revoke": "ended what was given to",
		"add": "added", "remove": "removed", "put": "set", "made": "made", "set": "set", "gone": "ended", "reset": "reset",
		"propose": "proposed", "pause": "paused", "start": "started", "stop": "stopped",
	}
}

// sentence says what one operation did; empty: as any other.
type sentence func(*seer, weir.Entry, weir.Ref) string

func sentences() map[string]sentence {
	return map[string]sentence{
		"role.add":            gave,
		"role.remove":         gave,
		"team.add":            members,
		"team.remove":         members,
		"access.allow":        allowed("let %s read %s"),
		"access.revoke":       allowed("no longer lets %s read %s"),
		"access.decline":      allowed("did not let %s read %s"),
		"plan.declare":        allowed("declared that %s will read %s"),
		"plan.withdraw":       allowed("no longer plans that %s reads %s"),
		"question.ask":        ofProduct("asked something about %s"),
		"question.answer":     ofProduct("answered a question about %s"),
		"question.delete":     ofProduct("took away a question about %s"),
		"announcement.make":   ofProduct("announced something about %s"),
		"announcement.delete": ofProduct("took back what was announced about %s"),
		"person.password":     about1("changed the password of %s"),
		"admin.reset":         about1("gave a new password and a new token to %s"),
		"application.rotate":  about1("gave a new password to %s"),
		"application.revoke":  about1("ended the credentials of %s"),
		"topic.made":          about1("made the topic %s on the cluster"),
		"topic.set":           about1("changed the topic %s on the cluster"),
		"topic.gone":          about1("ended the topic %s and its data on the cluster"),
		"application.gone":    about1("ended the groups of %s on the cluster"),
		"schema.register":     versions("registered"),
		"schema.delete":       versions("deleted"),
		"subject.config":      about1("changed the settings of %s"),
		"subject.mode":        about1("changed the mode of %s"),
		"query.halt":          halted,
	}
}

func about1(format string) sentence {
	return func(_ *seer, _ weir.Entry, thing weir.Ref) string { return fmt.Sprintf(format, say(thing)) }
}

// ofProduct names the product of a thing that is named PRODUCT/NUMBER.
func ofProduct(format string) sentence {
	return func(_ *seer, _ weir.Entry, thing weir.Ref) string {
		product, _ := weir.SplitNumbered(thing.Name)
		return fmt.Sprintf(format, product)
	}
}

// halted says why Weir itself stopped a query.
func halted(_ *seer, e weir.Entry, thing weir.Ref) string {
	_, after := differ(e, thing, "why")
	var why string
	if json.Unmarshal(after, &why) != nil || why == "" {
		return "stopped " + say(thing)
	}
	return "stopped " + say(thing) + ": " + why
}

// allowed says who may read what; the thing is named PRODUCT/APPLICATION.
func allowed(format string) sentence {
	return func(_ *seer, _ weir.Entry, thing weir.Ref) string {
		product, app, ok := strings.Cut(thing.Name, "/")
		if !ok {
			return ""
		}
		return fmt.Sprintf(format, app, product)
	}
}

// gave says which roles came and went, as far as the viewer may know where they
// are.
func gave(_ *seer, e weir.Entry, thing weir.Ref) string {
	before, after := differ(e, thing, "roles")
	old, next := bindings(before), bindings(after)
	var parts []string
	for _, b := range next {
		if !slices.ContainsFunc(old, func(o weir.Binding) bool { return o.Role == b.Role && o.On.UID == b.On.UID }) {
			parts = append(parts, "gave the role "+bound(b)+" to "+thing.Name)
		}
	}
	for _, b := range old {
		if !slices.ContainsFunc(next, func(o weir.Binding) bool { return o.Role == b.Role && o.On.UID == b.On.UID }) {
			parts = append(parts, "took the role "+bound(b)+" from "+thing.Name)
		}
	}
	if len(parts) == 0 {
		return "changed the roles of " + thing.Name
	}
	return strings.Join(parts, ", ")
}

func bound(b weir.Binding) string {
	if b.On.Noun == weir.NounMesh {
		return string(b.Role)
	}
	return string(b.Role) + " on " + say(b.On)
}

// members says who came into a team and who left it.
func members(s *seer, e weir.Entry, thing weir.Ref) string {
	before, after := differ(e, thing, "members")
	var old, next []weir.UID
	_ = json.Unmarshal(before, &old) // what is no list has nobody in it
	_ = json.Unmarshal(after, &next)
	var parts []string
	for _, u := range next {
		if !slices.Contains(old, u) {
			parts = append(parts, "put "+person(s, u)+" into "+say(thing))
		}
	}
	for _, u := range old {
		if !slices.Contains(next, u) {
			parts = append(parts, "took "+person(s, u)+" out of "+say(thing))
		}
	}
	return strings.Join(parts, ", ")
}

func person(s *seer, u weir.UID) string {
	if name := s.name(weir.NounPerson, u); name != "" {
		return name
	}
	return "somebody who is gone"
}

// versions says which versions of a subject an entry is about.
func versions(did string) sentence {
	return func(_ *seer, e weir.Entry, thing weir.Ref) string {
		var ns []string
		for _, c := range e.Changes {
			for _, d := range c.Diff {
				if n, ok := strings.CutPrefix(d.Path, "versions."); ok && c.Ref.UID == thing.UID {
					ns = append(ns, n)
				}
			}
		}
		if len(ns) == 0 {
			return ""
		}
		word := " version "
		if len(ns) > 1 {
			word = " versions "
		}
		return did + word + strings.Join(ns, ", ") + " of " + say(thing)
	}
}

// maxFields is how many fields are named.
const maxFields = 3

// fields names what changed of a thing, with the words around it.
func fields(e weir.Entry, thing weir.Ref) string {
	var names []string
	for _, c := range e.Changes {
		if c.Ref.UID != thing.UID {
			continue
		}
		for _, d := range c.Diff {
			names = append(names, d.Path)
		}
	}
	if more := len(names) - maxFields; more > 0 {
		names = append(names[:maxFields], fmt.Sprintf("%d more", more))
	}
	if len(names) == 0 {
		return " "
	}
	return " " + list(names) + " of "
}

// list is words with commas between and an and before the last.
func list(ws []string) string {
	if len(ws) == 1 {
		return ws[0]
	}
	return strings.Join(ws[:len(ws)-1], ", ") + " and " + ws[len(ws)-1]
}

// differ is one field of a thing before and after.
func differ(e weir.Entry, thing weir.Ref, path string) (before, after json.RawMessage) {
	for _, c := range e.Changes {
		for _, d := range c.Diff {
			if c.Ref.UID == thing.UID && d.Path == path {
				return d.Old, d.New
			}
		}
	}
	return nil, nil
}
