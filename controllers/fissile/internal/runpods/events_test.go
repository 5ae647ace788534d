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

package runpods

import (
	"fmt"
	"testing"
	"time"
)

func TestEventsAreListedTwiceAMinuteHoweverManyThereAre(t *testing.T) {
	const minutes = 20
	for _, pages := range []int{1, 4} {
		t.Run(fmt.Sprintf("%d pages", pages), func(t *testing.T) {
			var events podEvents
			now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
			lists := 0
			for range minutes * 60 {
				if _, due := events.begin("ns", now); due {
					events.end("ns", nil, pages)
					lists += pages
				}
				now = now.Add(time.Second)
			}
			if lists != 2*minutes {
				t.Errorf("events were listed %d times in %d minutes", lists, minutes)
			}
		})
	}
}

func TestANamespaceThatNobodyAsksAboutIsForgotten(t *testing.T) {
	var events podEvents
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	events.begin("ns", now)
	events.end("ns", nil, 1)
	events.begin("other", now.Add(eventsReadAgain+eventsForgotten+time.Second))
	if _, known := events.namespaces["ns"]; known {
		t.Error("the events of a namespace are kept for ever")
	}
}
