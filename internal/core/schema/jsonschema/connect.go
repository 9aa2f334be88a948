package jsonschema

import (
	"strconv"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
)

// connect finds what a schema's reference means.
func (b *builder) connect(n *Node) error {
	for _, k := range refKeywords(n.Draft) {
		ref := n.value.str(k)
		if ref == "" {
			continue
		}
		to, err := b.target(n, ref)
		if err != nil {
			return err
		}
		if k != "$ref" && b.dynamic[dynamicName(to)] > 1 {
			return faultAt(n, "what %s %q means depends on the record: several schemas have that dynamic anchor", k, clip(ref)).WithFix("use $ref")
		}
		n.refs++
		if n.Ref == nil {
			n.Ref = to
		} else {
			n.inPlace = append(n.inPlace, to)
			n.AllOf = append(n.AllOf, to)
		}
	}
	return nil
}

// dynamicName is the name under which a schema can take the place of another
// one at run time.
func dynamicName(n *Node) string {
	if n.Draft == Draft2019 {
		if a := n.value.get("$recursiveAnchor"); a != nil && a.yes {
			return "$recursiveAnchor"
		}
		return ""
	}
	return n.value.str("$dynamicAnchor")
}

// target is the schema that a reference means. Nothing is ever fetched: it is
// in the text, in one of its references, or a draft's own metaschema.
func (b *builder) target(n *Node, ref string) (*Node, error) {
	from := b.of[n]
	url, fragment := cutFragment(ref)
	res := b.find(from, url)
	if res == nil {
		return b.foreign(n, ref)
	}
	if fragment == "" {
		return res.root, nil
	}
	plain, ok := unescapePercent(fragment)
	if !ok {
		return nil, faultAt(n, "the reference %q is not a URI: a %% stands without two digits", clip(ref)).WithFix("write %%25 for it")
	}
	if strings.HasPrefix(plain, "/") {
		return b.point(n, ref, res, plain)
	}
	if to := res.anchors[plain]; to != nil {
		return to, nil
	}
	return nil, faultAt(n, "the reference %q names no part of the schema", clip(ref)).WithFix("name one that exists: #/definitions/NAME, or a schema with that anchor")
}

// find is the resource that a reference without its fragment means, or nil.
func (b *builder) find(from *resource, url string) *resource {
	if url == "" {
		return from
	}
	if d := from.doc.refs[url]; d != nil {
		return b.of[d.root]
	}
	abs := resolve(from.url, url)
	if res := b.resources[abs]; res != nil {
		return res
	}
	for _, d := range b.docs {
		if to := d.refs[url]; to != nil {
			return b.of[to.root]
		}
	}
	return nil
}

// foreign is what a reference means that leads out of the texts: a draft's
// metaschema, or nothing.
func (b *builder) foreign(n *Node, ref string) (*Node, error) {
	url, fragment := cutFragment(ref)
	_, path, _ := strings.Cut(url, "://")
	if d, ok := drafts()[path]; ok && fragment == "" {
		if b.external[path] == nil {
			b.external[path] = &Node{Where: url, External: d.URL(), Draft: d, location: strings.TrimSuffix(d.URL(), "#"), weight: 1, value: &value{}}
			b.nodes = append(b.nodes, b.external[path])
		}
		return b.external[path], nil
	}
	return nil, faultAt(n, "the reference %q is not registered: schemas are never fetched from files or the network", clip(ref)).
		WithFix("%s", schema.HowToRefer(clip(url)))
}

// point follows a JSON pointer.
func (b *builder) point(n *Node, ref string, res *resource, pointer string) (*Node, error) {
	v := res.root.value
	for _, t := range strings.Split(pointer[1:], "/") {
		if v = v.step(untoken(t)); v == nil {
			return nil, faultAt(n, "the reference %q leads nowhere", clip(ref)).WithFix("name a schema that exists, for example #/definitions/NAME")
		}
	}
	if to := res.doc.nodes[v]; to != nil {
		return to, nil
	}
	if v.sort != object && v.sort != boolean {
		return nil, faultAt(n, "the reference %q leads to something that is no schema", clip(ref)).WithFix("refer to an object or a boolean")
	}
	p := place{doc: res.doc, res: res, pointer: pointer}
	if b.of[res.root] == res && res.root != res.doc.root {
		p.pointer = strings.TrimPrefix(res.root.Where[strings.IndexByte(res.root.Where, '#')+1:], "#") + pointer
	}
	to, err := b.walk(p, v)
	if err == nil {
		to.location = res.doc.key + "loose/" + strconv.Itoa(len(res.doc.loose)) + "#"
		res.doc.loose = append(res.doc.loose, to)
	}
	return to, err
}

// step is what stands under a token of a JSON pointer.
func (v *value) step(key string) *value {
	if v.sort == array {
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(v.items) {
			return v.items[i]
		}
		return nil
	}
	return v.get(key)
}

func faultAt(n *Node, format string, args ...any) *weir.Error {
	e := weir.Errorf(weir.Invalid, format, args...)
	e.Where = n.Where
	return e
}
