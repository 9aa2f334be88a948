package registry

// Count says how many subjects there are, those whose versions are all deleted
// included, and how many schemas.
func (x *Index) Count() (subjects, schemas int) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.byName), len(x.schemas)
}
