"""Jobs: openings, salaries, employers and applications."""

from __future__ import annotations

from typing import Any

from retake.tools.family import Family, Query, Result, World, found
from retake.tools.people import person
from retake.tools.seeded import NOW, Dice

family = Family(
    "jobs",
    "job jobs career employment vacancy vacancies hiring salary salaries employer recruiter resume skills linkedin position work employee",
)

_EMPLOYERS = (
    "Northwind Labs",
    "Bluepeak Systems",
    "Harbour Health",
    "Lumen Retail",
    "Atlas Logistics",
    "Fernhill Bank",
)


def _job(identifier: str, title: str = "Analyst", where: str = "Remote") -> dict[str, Any]:
    dice = Dice("job", identifier)
    low = dice.whole(42, 150) * 1000
    return {
        "job_id": identifier,
        "title": f"{dice.pick(('', 'Senior ', 'Junior ', 'Lead '))}{title.title()}",
        "company": dice.pick(_EMPLOYERS),
        "location": where,
        "employment_type": dice.pick(("full-time", "full-time", "contract", "part-time")),
        "salary_min": low,
        "salary_max": low + dice.whole(8, 45) * 1000,
        "currency": "USD",
        "posted_at": dice.day(-30, 0).isoformat(),
        "remote": dice.chance(0.4),
    }


@family.tool(
    "job_search search_jobs find_jobs jobs job_listings search_job find_job job_finder linkedin_job_search linkedin_jobs job_postings job_openings",
    needs="job",
)
def job_search(query: Query, world: World) -> Result:
    title, where, rows = query.text("job", "analyst"), query.text("place", "Remote"), []
    where = "Remote" if where == title else where
    for index in range(query.whole("limit", 5, high=20)):
        row = _job(f"j{Dice('job', title, where, index).whole(100000, 999999)}", title, where)
        rows.append(world.issue("job", row["job_id"], query.narrowed(row)))
    return {"query": title, "location": where, "count": len(rows), "jobs": rows}


@family.tool("job_details job_info job_by_id job_description job_posting job_data", needs="id")
def job_details(query: Query, world: World) -> Result:
    record = found(world, "job", query.text("id"), _job)
    dice = Dice("job details", record["job_id"])
    return {
        **record,
        "description": f"{record['company']} is looking for a {record['title']}.",
        "requirements": dice.some(
            (
                "Three years of experience",
                "Good writing",
                "SQL",
                "Python",
                "Team lead experience",
                "Degree or equal experience",
            ),
            3,
        ),
        "benefits": dice.some(("Health insurance", "Flexible hours", "Learning budget"), 2),
    }


@family.tool(
    "salary_estimate estimated_salary salary salary_data job_salary average_salary salary_range salaries salary_info estimate_salary",
    needs="job",
)
def salary_estimate(query: Query, world: World) -> Result:
    title, where = query.text("job", "analyst"), query.text("place", "United States")
    middle = Dice("salary", title, where).whole(45, 170) * 1000
    return {
        "job_title": title,
        "location": where,
        "median": middle,
        "p25": round(middle * 0.82),
        "p75": round(middle * 1.24),
        "currency": "USD",
        "period": "year",
    }


@family.tool(
    "employer_reviews company_reviews employer_info employee_reviews company_ratings glassdoor_reviews", needs="query"
)
def employer_reviews(query: Query, world: World) -> Result:
    name = query.text("query", _EMPLOYERS[0])
    dice = Dice("employer", name)
    return {
        "company": name,
        "rating": dice.number(2.8, 4.7, 1),
        "reviews_count": dice.whole(20, 9000),
        "pros": dice.some(("Good colleagues", "Flexible hours", "Learning"), 2),
        "cons": dice.some(("Long decisions", "Open office", "Slow promotion"), 2),
    }


@family.tool("apply_for_job apply_job job_apply submit_application job_application", needs="id")
def apply_for_job(query: Query, world: World) -> Result:
    identifier = query.text("id")
    row = world.table("application").setdefault(
        identifier,
        {
            "application_id": world.new_id("application"),
            "job_id": identifier,
            "status": "submitted",
            "submitted_at": NOW.isoformat(),
        },
    )
    return {**row, "total_applications": len(world.table("application"))}


@family.tool(
    "people_search search_people linkedin_profile linkedin_people_search employee_search find_person candidate_search search_profiles",
    needs="query",
)
def people_search(query: Query, world: World) -> Result:
    asked = query.text("query", "engineer")
    rows = [
        {
            "name": person("professional", asked, i),
            "headline": f"{asked.title()[:40]} at {Dice('work', asked, i).pick(_EMPLOYERS)}",
            "connections": Dice("links", asked, i).whole(40, 500),
        }
        for i in range(4)
    ]
    return {"query": asked, "people": rows}


@family.tool("skills_for_job required_skills job_skills skills_lookup occupation_info skill_requirements", needs="job")
def skills_for_job(query: Query, world: World) -> Result:
    title = query.text("job", "analyst")
    return {
        "job_title": title,
        "skills": Dice("skills", title).some(
            ("Communication", "SQL", "Python", "Planning", "Statistics", "Negotiation", "Design"), 4
        ),
    }
