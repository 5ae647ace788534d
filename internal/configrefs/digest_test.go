/*
Copyright 2026 The ExtendedJob Authors.

Licensed under the Apache License, Version 2.0 (the "License");
you may not use this file except in compliance with the License.
You may obtain a copy of the License at

    http://www.apache.org/licenses/LICENSE-2.0

Unless required by applicable law or agreed to in writing, software
distributed under the License is distributed on an "AS IS" BASIS,
WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
See the License for the specific language governing permissions and
limitations under the License.
*/

package configrefs_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
)

var key = []byte("the key of these tests")

const uid = "f49ac2b8-4d24-4ae0-9f08-11b241098846"

// object is what the cluster holds under a name.
type object struct {
	kind       configrefs.Kind
	name       string
	data       map[string]string
	binaryData map[string][]byte
	absent     bool
}

func digest(key []byte, objects ...object) string {
	var entries []configrefs.Entry
	for _, o := range objects {
		entry := configrefs.Entry{Kind: o.kind, Name: o.name, MAC: configrefs.Absent}
		if !o.absent {
			entry.MAC = configrefs.ObjectMAC(key, o.kind, o.data, o.binaryData)
		}
		entries = append(entries, entry)
	}
	return configrefs.Digest(key, uid, entries)
}

func configMap(data map[string]string) object {
	return object{kind: configrefs.ConfigMap, name: "settings", data: data}
}

func secret(data map[string]string) object {
	return object{kind: configrefs.Secret, name: "db", data: data}
}

func named(name string, o object) object {
	o.name = name
	return o
}

func withBinaryData(binaryData map[string][]byte, o object) object {
	o.binaryData = binaryData
	return o
}

func TestAChangeOfWhatIsReadChangesTheDigest(t *testing.T) {
	t.Parallel()
	type values = map[string]string
	type binary = map[string][]byte
	for name, tc := range map[string]struct {
		before, after []object
	}{
		"28: a value of a ConfigMap": {
			[]object{configMap(values{"a": "1"})},
			[]object{configMap(values{"a": "2"})},
		},
		"29: a value of a Secret": {
			[]object{secret(values{"a": "1"})},
			[]object{secret(values{"a": "2"})},
		},
		"29: a key is added": {
			[]object{secret(values{"a": "1"})},
			[]object{secret(values{"a": "1", "b": ""})},
		},
		"29: a key is removed": {
			[]object{secret(values{"a": "1", "b": "2"})},
			[]object{secret(values{"a": "1"})},
		},
		"29: the last key is removed": {
			[]object{secret(values{"a": ""})},
			[]object{secret(nil)},
		},
		"29: a key is renamed": {
			[]object{secret(values{"a": "1"})},
			[]object{secret(values{"b": "1"})},
		},
		"29: two values change places": {
			[]object{secret(values{"a": "1", "b": "2"})},
			[]object{secret(values{"a": "2", "b": "1"})},
		},
		"29, B18: binaryData": {
			[]object{withBinaryData(binary{"a": {0}}, configMap(nil))},
			[]object{withBinaryData(binary{"a": {1}}, configMap(nil))},
		},
		"29, B18: binaryData beside data": {
			[]object{configMap(values{"a": "1"})},
			[]object{withBinaryData(binary{"b": {1}}, configMap(values{"a": "1"}))},
		},
		"29: a key moves from data to binaryData": {
			[]object{configMap(values{"a": "1"})},
			[]object{withBinaryData(binary{"a": []byte("1")}, configMap(nil))},
		},
		"29: data that looks alike joined by separators": {
			[]object{secret(values{"a": "1", "b": "2"})},
			[]object{secret(values{"a": "1;b=2"})},
		},
		"29: data that looks alike without separators": {
			[]object{secret(values{"ab": "c"})},
			[]object{secret(values{"a": "bc"})},
		},
		"29: a value that looks like the encoding": {
			[]object{secret(values{"a": "1", "b": "2"})},
			[]object{secret(values{"a": "1\x00\x00\x00\x00\x00\x00\x00\x01b\x00\x00\x00\x00\x00\x00\x00\x012"})},
		},
		"29: white space": {
			[]object{configMap(values{"a": "1"})},
			[]object{configMap(values{"a": "1\n"})},
		},
		"32: an object is recreated with other data": {
			[]object{configMap(values{"a": "1"})},
			[]object{configMap(values{"a": "2"})},
		},
		"39: a reference is added": {
			[]object{configMap(values{"a": "1"})},
			[]object{configMap(values{"a": "1"}), secret(values{"a": "1"})},
		},
		"39: a reference to what is not there is added": {
			[]object{configMap(values{"a": "1"})},
			[]object{configMap(values{"a": "1"}), {kind: configrefs.Secret, name: "db", absent: true}},
		},
		"39: a reference is replaced by one to the same data": {
			[]object{secret(values{"a": "1"})},
			[]object{named("db2", secret(values{"a": "1"}))},
		},
		"39: a ConfigMap is replaced by a Secret of its name and data": {
			[]object{named("db", configMap(values{"a": "1"}))},
			[]object{named("db", secret(values{"a": "1"}))},
		},
		"two objects change their data for one another's": {
			[]object{named("a", secret(values{"a": "1"})), named("b", secret(values{"a": "2"}))},
			[]object{named("a", secret(values{"a": "2"})), named("b", secret(values{"a": "1"}))},
		},
		"40: an optional object appears, empty": {
			[]object{{kind: configrefs.Secret, name: "db", absent: true}},
			[]object{secret(nil)},
		},
		"40: an optional object changes": {
			[]object{secret(nil)},
			[]object{secret(values{"a": "1"})},
		},
		"40: an optional object disappears": {
			[]object{secret(values{"a": "1"})},
			[]object{{kind: configrefs.Secret, name: "db", absent: true}},
		},
		"40: another optional object is missing": {
			[]object{{kind: configrefs.Secret, name: "a", absent: true}, named("b", secret(nil))},
			[]object{named("a", secret(nil)), {kind: configrefs.Secret, name: "b", absent: true}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if before, after := digest(key, tc.before...), digest(key, tc.after...); before == after {
				t.Errorf("the digest stays %s", before)
			}
		})
	}
}

func TestWhatIsNoChangeKeepsTheDigest(t *testing.T) {
	t.Parallel()
	type values = map[string]string
	for name, tc := range map[string]struct {
		before, after []object
	}{
		"30, 32: equal data is written again": {
			[]object{configMap(values{"a": "1", "b": "2", "c": "3"})},
			[]object{configMap(values{"c": "3", "b": "2", "a": "1"})},
		},
		"30: no data is written as an empty map": {
			[]object{configMap(nil)},
			[]object{withBinaryData(map[string][]byte{}, configMap(values{}))},
		},
		"30: no bytes are written as an empty value": {
			[]object{withBinaryData(map[string][]byte{"a": nil}, configMap(nil))},
			[]object{withBinaryData(map[string][]byte{"a": {}}, configMap(nil))},
		},
		"references in another order": {
			[]object{configMap(values{"a": "1"}), secret(values{"a": "1"}), named("ca", secret(nil))},
			[]object{named("ca", secret(nil)), configMap(values{"a": "1"}), secret(values{"a": "1"})},
		},
		"two versions of a Secret, both resolved to the newest": {
			[]object{secret(values{"a": "1"})},
			[]object{secret(values{"a": "1"}), secret(values{"a": "1"})},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if before, after := digest(key, tc.before...), digest(key, tc.after...); before != after {
				t.Errorf("the digest changes from %s to %s", before, after)
			}
		})
	}
}

func TestAConfigMapsTextCountsLikeTheSameBytes(t *testing.T) {
	t.Parallel()
	text := configrefs.ObjectMAC(key, configrefs.Secret, map[string]string{"a": "1"}, nil)
	bytes := configrefs.ObjectMAC(key, configrefs.Secret, map[string][]byte{"a": []byte("1")}, nil)
	if text != bytes {
		t.Errorf("%s for text, %s for bytes", text, bytes)
	}
}

// An upgrade of the operator that changes one of these makes every one-off run again.
// It must therefore change Encoding, and still know how this one was made.
func TestDigestsStayOverReleases(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		objects []object
		want    string
	}{
		"nothing is read": {nil, "2:5d78c8a65dbdb7e9:f9dabc4f89efd330c5e9e748c8842db5b6285fca40d0f1997d5d2dc0a61d591b"},
		"a ConfigMap, a Secret and one that is absent": {
			[]object{
				{kind: configrefs.ConfigMap, name: "settings", data: map[string]string{"colors": strings.Repeat("red, ", 100), "size": ""}, binaryData: map[string][]byte{"logo": {0, 0xff}}},
				{kind: configrefs.Secret, name: "db", data: map[string]string{"user": "ü", "password": "changeme"}},
				{kind: configrefs.Secret, name: "ca", absent: true},
			},
			"2:5d78c8a65dbdb7e9:d58bc5115be8d58669c037e09ecb70dd7dfb08096b3758c9bf207451aaa2fbc1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := digest(key, tc.objects...); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestADigestTellsItsEncodingAndItsKey(t *testing.T) {
	t.Parallel()
	objects := []object{secret(map[string]string{"a": "1"})}
	encoding, keyID, mac, ok := configrefs.ParseDigest(digest(key, objects...))
	if !ok || encoding != configrefs.Encoding {
		t.Fatalf("encoding %q, %t, want %q", encoding, ok, configrefs.Encoding)
	}

	_, keyIDOfOther, macOfOther, _ := configrefs.ParseDigest(digest([]byte("another key"), objects...))
	if keyIDOfOther == keyID || macOfOther == mac {
		t.Errorf("two keys make the same key ID or MAC: %s, %s", keyID, mac)
	}
	_, keyIDOfMore, macOfMore, _ := configrefs.ParseDigest(digest(key))
	if keyIDOfMore != keyID || macOfMore == mac {
		t.Errorf("one key has the IDs %s and %s, and the MACs %s and %s", keyID, keyIDOfMore, mac, macOfMore)
	}
}

// 88: a MAC that did not depend on the key would let anyone confirm a guess at the
// data.
func TestTheMACOfAnObjectDependsOnTheKey(t *testing.T) {
	t.Parallel()
	data := map[string]string{"password": "guessed"}
	one, other := configrefs.ObjectMAC(key, configrefs.Secret, data, nil), configrefs.ObjectMAC([]byte("another key"), configrefs.Secret, data, nil)
	if one == other {
		t.Errorf("two keys make the same MAC %s", one)
	}
}

func TestParseDigestRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "::", "1:key", "1:key:", ":key:mac", "1::mac", "1:key:mac:more", "mac"} {
		if encoding, keyID, mac, ok := configrefs.ParseDigest(text); ok || encoding+keyID+mac != "" {
			t.Errorf("%q is taken for the digest %q, %q, %q", text, encoding, keyID, mac)
		}
	}
	got := make([]string, 3)
	var ok bool
	if got[0], got[1], got[2], ok = configrefs.ParseDigest("2:key:mac"); !ok || !slices.Equal(got, []string{"2", "key", "mac"}) {
		t.Errorf("a digest of a later encoding is taken for %q, %t", got, ok)
	}
}

func TestAnotherExtendedJobHasAnotherDigest(t *testing.T) {
	key := []byte("key")
	entries := []configrefs.Entry{{Kind: configrefs.Secret, Name: "db", MAC: configrefs.ObjectMAC(key, configrefs.Secret, map[string]string{"a": "a guess"}, nil)}}
	if configrefs.Digest(key, uid, entries) == configrefs.Digest(key, "another UID", entries) {
		t.Error("a guess can be confirmed by an ExtendedJob of one's own")
	}
}
